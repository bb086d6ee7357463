import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../../src/config/load';
import { promptId, type Prompt } from '../../../src/prompts/prompt';
import { readPrompts } from '../../../src/prompts/read';
import { sliceOf, splitPrompts } from '../../../src/prompts/split';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'flywheel-prompts-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string) => {
  const path = join(folder, 'prompts.jsonl');
  writeFileSync(path, text);
  return path;
};
const user = (content: string) => [{ role: 'user' as const, content }];

describe('readPrompts', () => {
  it('reads each form, and the same text once', async () => {
    const dialogue = [...user('one'), { role: 'assistant', content: 'two' }, ...user('three')];
    const rows = [
      { prompt: 'a  b' },
      { prompt: 'a b' },
      { uid: 'u1', prompt: 'hard', category: 'arena-hard' },
      { question_id: 81, turns: ['first', 'second'] },
      { messages: dialogue },
    ];
    const prompts = await readPrompts([file(`\uFEFF${rows.map((row) => JSON.stringify(row)).join('\r\n\n')}`)]);
    expect(
      prompts.map(({ messages, originalId, category }) => [messages.at(-1)?.content, originalId, category]),
    ).toEqual([
      ['a  b', null, null],
      ['hard', 'u1', 'arena-hard'],
      ['first', '81', null],
      ['three', null, null],
    ]);
  });

  it.each([
    ['{"prompt": "ok"}\n{"prompt": "cut', /prompts\.jsonl:2 holds no prompt: not JSON/],
    ['{"text": "x"}', /prompts\.jsonl:1 holds no prompt: no prompt in the row/],
    [
      '{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}',
      /:1 holds no prompt: roles out of order/,
    ],
    ['{"messages": [{"role": "system", "content": "a"}]}', /:1 holds no prompt: no turn of a user/],
    ['\n\n', /prompts\.jsonl: is empty; give a file with prompts/],
  ])('refuses %s with file and line', async (text, sentence) => {
    await expect(readPrompts([file(text)])).rejects.toThrow(sentence);
  });

  it('says where a missing file was named', async () => {
    await expect(readPrompts([join(folder, 'none.jsonl')])).rejects.toThrow(/none\.jsonl: no such file/);
  });
});

describe('splitPrompts', () => {
  const pool = Array.from({ length: 100 }, (_, index): Prompt => {
    const messages = user(`prompt ${index}`);
    return { id: promptId(messages), messages, category: null, source: 'test', originalId: null };
  });
  const configure = (change: object) =>
    parseConfig({
      target: { base: '/b' },
      competitors: [{ id: 'r', url: 'http://x/v1', model: 'm' }],
      judge: { url: 'http://x/v1', model: 'j' },
      prompts: { source: ['p'] },
      evaluation: { size: 10 },
      gate: { prompts: 5 },
      rounds: 2,
      ...change,
    });

  it('deals every prompt once at most, the same way for the same seed', () => {
    const { id, parts } = splitPrompts(configure({}), pool, null);
    const dealt = [...parts.values()].flat();
    expect(new Set(dealt).size).toBe(dealt.length);
    expect(parts.get('test')).toHaveLength(10);
    expect(parts.get('gate')).toHaveLength(2 * 4 * 5);
    expect(parts.get(sliceOf(configure({}), 2, 'ppo'))).toHaveLength(8);
    expect(splitPrompts(configure({}), pool, null).id).toBe(id);
    expect(splitPrompts(configure({ seed: 1 }), pool, null).id).not.toBe(id);
  });

  it('keeps a test set of its own out of the slices', () => {
    const { parts } = splitPrompts(configure({}), pool, pool.slice(0, 20));
    const tested = new Set(pool.slice(0, 20).map(({ id }) => id));
    expect(parts.get('test')?.every((id) => tested.has(id))).toBe(true);
    for (const [part, ids] of parts) if (part !== 'test') expect(ids.some((id) => tested.has(id))).toBe(false);
  });

  it.each([
    [
      { prompts: { source: ['p'], sliceSize: 50 } },
      /The pool has 100 prompts, but the run needs 10 to test.*350 in all/,
    ],
    [{ prompts: { source: ['p'], gateReserve: 3 } }, /prompts\.gateReserve: 3 prompts, but 8 gates of 5 prompts/],
    [{ prompts: { source: ['p'], slices: 2 } }, /prompts\.slices: 2 slices, but 2 rounds of 3 stages use 6/],
  ])('refuses too little with the numbers', (change, sentence) =>
    expect(() => splitPrompts(configure(change), pool, null)).toThrow(sentence),
  );
});
