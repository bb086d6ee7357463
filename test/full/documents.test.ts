import { setTimeout as sleep } from 'node:timers/promises';
import { blocksIn, commandsOf, documents, isShell, type Command } from '../support/docs/shell-blocks';
import { startStand, type Outcome, type Stand } from '../support/docs/stand';

/** Every command of README, docs/ and the examples, as a reader would type it, in the order of the documents. */
let stand: Stand;

jest.setTimeout(20 * 60_000);

beforeAll(async () => {
  stand = await startStand();
  // What the documents look into: a run that trained, and a leaderboard.
  for (const line of ['npx flywheel run my-run.yaml', 'npx flywheel arena run examples/arena/arena.yaml']) {
    const { code, output } = await stand.shell(line);
    if (code !== 0) throw new Error(`${line}: exit code ${code}\n${output}`);
  }
});
afterAll(() => stand?.stop());

/** Commands of the project that are tests themselves, or are tested elsewhere: each with the place. */
const ELSEWHERE: readonly [RegExp, string][] = [
  [/^npm test/, 'is the other tier'],
  [/^npm run test:full/, 'is this'],
  [/^npm run chaos/, 'npm run test:full runs it after these tests'],
  [/^npm run verify/, 'is the other tier, with format, lint and types'],
  [/^npm run bench/, 'its peers come from PyPI; test/unit and bench/ have its parts'],
  [/^npm run setup/, 'is what came before'],
  [/^npm run docs:screenshots/, 'takes ten minutes and writes docs/images'],
  [/^npm run docs:configuration/, 'test/unit/config/document.test.ts compares what it writes'],
];
/** Those that hold a home of their own, because the stand's is held. */
const ALONE = /flywheel (demo|up)\b|npm run demo/;
const STAYS = /flywheel (up|worker|dashboard)\b/;

const blocks = documents()
  .map((file) => ({ file, blocks: blocksIn(file).filter(isShell) }))
  .filter((one) => one.blocks.length > 0);

describe.each(blocks)('$file', ({ blocks: shown }) => {
  const commands = shown.flatMap(commandsOf);
  for (const command of commands) {
    const words = command.text.split(/\s{2,}#|\s#/)[0]?.trim() ?? '';
    const why = command.noRun ?? ELSEWHERE.find(([pattern]) => pattern.test(words))?.[1];
    if (why === undefined) it(words, () => runs(command, words));
    else it.skip(`${words} (not run: ${why})`, () => undefined);
  }
});

async function runs({ file, line, text }: Command, words: string): Promise<void> {
  if (/flywheel rollback/.test(words)) await untilSomethingIsDone(words);
  const outcome: Outcome = STAYS.test(words)
    ? await stand.stays(`exec ${words}`, { alone: ALONE.test(words) })
    : await stand.shell(text, { alone: ALONE.test(words) });
  // Each as it comes: all of them take a while.
  process.stderr.write(`  ${outcome.code === 0 ? 'ok' : 'FAILED'}  ${words}\n`);
  if (outcome.code !== 0) throw new Error(`${file}:${line}: exit code ${outcome.code}\n${outcome.output}`);
}

/** There is something to go back to. */
async function untilSomethingIsDone(words: string): Promise<void> {
  const run = /rollback (\S+)/.exec(words)?.[1];
  for (let tries = 0; tries < 300; tries++) {
    const { output } = await stand.shell(`npx flywheel status ${run} --json 2>/dev/null`);
    if ((JSON.parse(output) as { steps: unknown[] }).steps.length > 0) return;
    await sleep(1000);
  }
}
