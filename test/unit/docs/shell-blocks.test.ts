import { blocksIn, blocksOf, commandsOf, documents, isShell } from '../../support/docs/shell-blocks';

describe('the command lines of the documents', () => {
  it('are read from fenced blocks, with the lines that continue them', () => {
    const text = 'a\n\n```sh\n# why\none \\\n  two   # so\n\nthree\n```\n\n```yaml\nkey: 1\n```\n';
    const [first, second] = blocksOf('x.md', text);
    expect(first && commandsOf(first)).toEqual([
      { file: 'x.md', line: 5, text: 'one \\\n  two   # so', noRun: null },
      { file: 'x.md', line: 8, text: 'three', noRun: null },
    ]);
    expect(second && isShell(second)).toBe(false);
  });

  it('say why where no test can run them', () => {
    const [block] = blocksOf('x.md', '```sh no-run: needs two GPUs\nnpm run far\n```\n');
    expect(block && commandsOf(block)).toMatchObject([{ noRun: 'needs two GPUs' }]);
    const [silent] = blocksOf('x.md', '```sh no-run\nnpm run far\n```\n');
    expect(() => silent && commandsOf(silent)).toThrow(/x\.md:1/);
  });

  const shell = documents().flatMap((file) => blocksIn(file));

  it('stand in blocks that say that they are of the shell', () => {
    const unmarked = shell.filter((block) => !isShell(block) && /^(npx|npm|docker) /m.test(block.text));
    expect(unmarked.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
  });

  it('are all either run by npm run test:full, or say why not', () => {
    const commands = shell.filter(isShell).flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(10);
  });
});
