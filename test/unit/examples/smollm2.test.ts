import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load';

const SCRIPT = join(__dirname, '..', '..', '..', 'examples', 'smollm2', 'prepare.mjs');
const PLAYERS = ['gpt-4-0314', 'gpt-4-0613', 'gpt-3.5-turbo-0125'];

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'smollm2-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Arena-Hard in small: the second prompt is too long, and the third has a long answer. The model is there already. */
function given() {
  const data = join(folder, 'data');
  const out = join(folder, 'out');
  mkdirSync(join(data, 'answers'), { recursive: true });
  mkdirSync(join(out, 'base'), { recursive: true });
  writeFileSync(join(out, 'base', 'manifest.json'), '{}');
  const questions = ['Why is the sky blue?', 'word '.repeat(200), 'Why is grass green?'].map((prompt, index) => ({
    uid: `q${index}`,
    prompt,
  }));
  writeFileSync(join(data, 'questions.jsonl'), lines(questions));
  for (const player of PLAYERS) {
    const answers = questions.map(({ uid }) => ({
      uid,
      messages: [{ role: 'assistant', content: { answer: uid === 'q2' ? 'because '.repeat(300) : 'Because.' } }],
    }));
    writeFileSync(join(data, 'answers', `${player}.jsonl`), lines(answers));
  }
  return { data, out };
}

function prepare(args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [SCRIPT, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    ),
  );
}

test('writes a configuration that the flywheel accepts, with the short prompts only', async () => {
  const { data, out } = given();
  const { code, text } = await prepare(['--data', data, '--out', out]);
  expect(text).toContain('1 of 3 prompts');
  expect(code).toBe(0);
  const { target, competitors, judge, prompts } = await loadConfig(join(out, 'flywheel.yaml'));
  expect(target?.base).toBe(join(out, 'base'));
  expect(competitors).toMatchObject(PLAYERS.map((id) => ({ id, answers: join(data, 'answers', `${id}.jsonl`) })));
  expect(judge).toMatchObject({ url: 'sandbox:', model: 'feature-judge', key: null });
  expect(prompts.source).toEqual([join(out, 'prompts.jsonl')]);
});

test('takes the judge that is named', async () => {
  const { data, out } = given();
  const judge = { url: 'http://gpu1:8000/v1', model: "o'judge", key: 'env:JUDGE_KEY' };
  const flags = Object.entries(judge).flatMap(([name, value]) => [`--judge-${name}`, value]);
  expect(await prepare(['--data', data, '--out', out, ...flags])).toMatchObject({ code: 0 });
  expect((await loadConfig(join(out, 'flywheel.yaml'))).judge).toMatchObject(judge);
});

test('says in a sentence what is missing', async () => {
  expect(await prepare([])).toMatchObject({ code: 2, text: expect.stringContaining('--data DIR') as string });
  const { code, text } = await prepare(['--data', folder, '--out', join(folder, 'out')]);
  expect(code).toBe(2);
  expect(text).toContain('questions.jsonl and answers/*.jsonl');
});
