import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startThread } from '../../../src/prompts/clean/thread';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-thread-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const program = (name: string, code: string) => {
  const path = join(folder, `${name}.js`);
  writeFileSync(path, `const { parentPort, workerData } = require('node:worker_threads');\n${code}`);
  return path;
};
const start = (path: string) => startThread<string, string>(path, 'hi ');

it('answers in the order of the questions', async () => {
  const thread = start(
    program('echo', "parentPort.on('message', (text) => parentPort.postMessage(workerData + text));"),
  );
  expect(await Promise.all(['a', 'b', 'c'].map((text) => thread.ask(text)))).toEqual(['hi a', 'hi b', 'hi c']);
  await thread.stop();
});

it.each([
  ['is not there', () => join(folder, 'none.js'), /none\.js\) failed: Cannot find module/],
  ['throws as it loads', () => program('load', "throw new Error('no data');"), /failed: no data/],
  [
    'throws at a question',
    () => program('ask', "parentPort.on('message', () => { throw new Error('odd text'); });"),
    /failed: odd text/,
  ],
  [
    'rejects',
    () => program('reject', "parentPort.on('message', async () => { throw new Error('late'); });"),
    /failed: late/,
  ],
  ['ends', () => program('end', "parentPort.on('message', () => process.exit(3));"), /failed: it ended with code 3/],
])('a thread that %s fails every question, those of later too', async (_name, path, sentence) => {
  const thread = start(path());
  const asked = await Promise.allSettled([thread.ask('a'), thread.ask('b')]);
  for (const one of asked) expect(String((one as PromiseRejectedResult).reason)).toMatch(sentence);
  await expect(thread.ask('c')).rejects.toThrow(sentence);
  await thread.stop();
});
