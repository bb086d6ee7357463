import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type RecordedAnswer, readAnswers } from '../../../src/models/recorded';

const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(path: string): Promise<RecordedAnswer[]> {
  const found: RecordedAnswer[] = [];
  for await (const answer of readAnswers(path)) found.push(answer);
  return found;
}

function file(text: string): string {
  const path = join(folder, 'answers.jsonl');
  writeFileSync(path, text);
  return path;
}

const one = async (row: unknown) => (await read(file(JSON.stringify(row))))[0];

test.each([
  [
    {
      uid: 'u',
      model: 'm',
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: { answer: 'a' } },
      ],
    },
    { key: { originalId: 'u', promptText: 'q' }, answer: 'a', turns: ['a'], model: 'm' },
  ],
  [
    {
      uid: 'u',
      model: 'm',
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: 'a' },
      ],
    },
    { key: { originalId: 'u', promptText: 'q' }, answer: 'a', turns: ['a'], model: 'm' },
  ],
  [
    { question_id: 'x1', model_id: 'm', choices: [{ index: 0, turns: [{ content: 'a', token_len: 1 }] }] },
    { key: { originalId: 'x1' }, answer: 'a', turns: ['a'], model: 'm' },
  ],
  [
    { question_id: 81, model_id: 'm', choices: [{ index: 0, turns: ['a', 'b'] }] },
    { key: { originalId: '81' }, answer: 'a\n\nb', turns: ['a', 'b'], model: 'm' },
  ],
  [
    { prompt: 'q', answer: 'a' },
    { key: { promptText: 'q' }, answer: 'a', turns: ['a'], model: null },
  ],
  [
    { prompt_id: 'p', response: '' },
    { key: { originalId: 'p' }, answer: '', turns: [''], model: null },
  ],
  [
    { id: 3, output: 'a', model: 'm' },
    { key: { originalId: '3' }, answer: 'a', turns: ['a'], model: 'm' },
  ],
  [
    { instruction: 'q', output: 'a', generator: 'm', dataset: 'helpful_base' },
    { key: { promptText: 'q' }, answer: 'a', turns: ['a'], model: 'm' },
  ],
  [
    { instruction: 'Translate.', input: 'q', output: 'a', generator: 'm' },
    { key: { promptText: 'Translate.\n\nq' }, answer: 'a', turns: ['a'], model: 'm' },
  ],
  [
    { id: 'i', prompt: 'q', text: 'a' },
    { key: { originalId: 'i', promptText: 'q' }, answer: 'a', turns: ['a'], model: null },
  ],
])('reads %j', async (row, expected) => expect(await one(row)).toEqual({ ...expected, line: 1 }));

test('forms may mix; empty lines, a byte order mark, Windows ends and U+2028 do no harm', async () => {
  const rows = [
    { id: 1, answer: 'a\u2028b' },
    { question_id: 2, choices: [{ turns: ['c'] }] },
  ];
  const found = await read(file(`\uFEFF${JSON.stringify(rows[0])}\r\n\r\n${JSON.stringify(rows[1])}`));
  expect(found.map(({ answer, line }) => [answer, line])).toEqual([
    ['a\u2028b', 1],
    ['c', 3],
  ]);
});

test.each([
  ['{"id": 1, "answer": "a"', /is not|JSON|Expected/],
  ['[1]', /not a JSON object/],
  ['{"id": 1}', /no text as `answer`/],
  ['{"id": 1, "answer": null}', /no text as `answer`/],
  ['{"answer": "a"}', /nothing says which prompt/],
  ['{"instruction": "q", "output": null}', /no text as `output`/],
  ['{"foo": 1}', /form that we know; known are Arena-Hard v2 .*MT-bench .*AlpacaEval outputs .*plain answers/],
  ['{"uid": "u", "messages": [{"role": "user", "content": "q"}]}', /no assistant turn/],
  ['{"uid": "u", "messages": [{"role": "assistant", "content": null}]}', /not text/],
  ['{"question_id": 1, "choices": []}', /choices/],
  ['{"question_id": 1, "choices": [{"turns": ["$ERROR$"]}]}', /error mark/],
])('the broken line %s is named with its file', async (line, reason) => {
  const path = file(`{"id": 0, "answer": "fine"}\n${line}\n`);
  const answers = read(path);
  await expect(answers).rejects.toThrow(`${path}:2: `);
  await expect(answers).rejects.toThrow(reason);
});

test.each(['missing.jsonl', '.'])('a path that cannot be read (%s) is named', async (name) => {
  await expect(read(join(folder, name))).rejects.toThrow(/could not be read: .*(no such file|is a folder)/);
});

describe('a JSON array', () => {
  const outputs = Array.from({ length: 3000 }, (_, k) => ({
    ...{ instruction: `Say "${k}", [please] {now}.`, generator: 'm' },
    output: `${k} `.repeat(300),
  }));
  const array = JSON.stringify(outputs, null, 2);

  test.each([
    ['plain', Buffer.from(array)],
    ['as gzip', gzipSync(array)],
  ])('of several pieces is read %s, each answer with its line', async (_name, bytes) => {
    const path = join(folder, 'outputs.json');
    writeFileSync(path, bytes);
    const found = await read(path);
    expect(found.map(({ answer }) => answer)).toEqual(outputs.map(({ output }) => output));
    expect(found.map(({ key }) => key.promptText)).toEqual(outputs.map(({ instruction }) => instruction));
    expect(found[2999]).toMatchObject({ model: 'm', line: 2 + 5 * 2999 });
  });

  test.each([
    [
      'that is cut off',
      '[{"instruction": "q", "output": "a"}',
      /could not be read: .*answers\.jsonl, line 1.*does not end/,
    ],
    ['with a broken element', '[{"id": 1, "answer": "a"},\n{"id": 2,}]', /answers\.jsonl:2: .*JSON/],
    ['of something else', '[1]', /:1: it is not a JSON object/],
  ])('%s is named', async (_name, text, message) => {
    await expect(read(file(text))).rejects.toThrow(message);
  });

  test('and an empty file hold no answers', async () => {
    expect(await read(file('[]'))).toEqual([]);
    expect(await read(file(''))).toEqual([]);
  });
});

const shared = '/work/shared/data/arena-hard';
const real = existsSync(shared) ? test.each : test.skip.each;
real(['gpt-4-0314', 'gpt-4-0613', 'gpt-3.5-turbo-0125'])(
  `the real Arena-Hard answers of %s (skipped without ${shared})`,
  async (model) => {
    const questions = readFileSync(join(shared, 'questions.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { uid: string; prompt: string });
    const found = await read(join(shared, 'answers', `${model}.jsonl`));
    expect(found).toHaveLength(500);
    expect(new Set(found.map(({ key }) => key.originalId))).toEqual(new Set(questions.map(({ uid }) => uid)));
    expect(
      found.every((answer) => answer.model === model && answer.answer.length > 0 && answer.turns.length === 1),
    ).toBe(true);
  },
);
