import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(__dirname, '../../..');
let built: string;
let child: ChildProcessWithoutNullStreams | undefined;

beforeAll(async () => {
  built = mkdtempSync(path.join(tmpdir(), 'sandbox-test-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(built, 'node_modules'));
  const project = path.join(built, 'tsconfig.json');
  writeFileSync(
    project,
    JSON.stringify({
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        outDir: built,
        rootDir: root,
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules/@types')],
      },
      include: [],
      files: [path.join(root, 'src/sandbox/main.ts')],
    }),
  );
  await promisify(execFile)(path.join(root, 'node_modules/.bin/tsc'), ['-p', project]);
});
afterEach(() => child?.kill('SIGKILL'));
afterAll(() => rmSync(built, { recursive: true, force: true }));

const run = (...flags: string[]): ChildProcessWithoutNullStreams =>
  (child = spawn(process.execPath, [path.join(built, 'src/sandbox/main.js'), ...flags]));

describe('the sandbox process', () => {
  it('says where it listens and ends with its standard input', async () => {
    const started = run('--options', '{"noise":0,"latencyMs":5}', '--latency-ms', '0', '--stdin-lifeline');
    const [line] = (await once(started.stdout, 'data')) as [Buffer];
    const { port, ...rest } = JSON.parse(line.toString()) as { port: number };
    expect(rest).toEqual({ ready: true, url: `http://127.0.0.1:${port}/v1`, sandbox: 'scripted' });
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    const exit = once(started, 'exit');
    started.stdin.end();
    expect((await exit)[0]).toBe(0);
  });

  it.each([
    [['--capacity', 'many'], /capacity/u],
    [['--options', 'nowhere.json'], /--options must be a JSON object or the path of a JSON file/u],
    [['--latency', '5'], /latency/u],
  ])('refuses %j with exit code 2', async (flags, message) => {
    const failed = run(...flags);
    let text = '';
    failed.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    expect((await once(failed, 'close'))[0]).toBe(2);
    expect(text).toMatch(message);
  });
});
