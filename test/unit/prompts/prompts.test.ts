import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../../src/config/load';
import { contentId } from '../../../src/identity';
import { promptId, type Prompt } from '../../../src/prompts/prompt';
import { readPrompts } from '../../../src/prompts/read';
import { createDeck, sliceOf, splitPrompts, withoutContaminated } from '../../../src/prompts/split';

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

  const split = (change: object, given: Partial<Parameters<typeof createDeck>[1]> = {}) => {
    const config = configure(change);
    return splitPrompts(config, createDeck(config, { pool: pool.map(({ id }) => id), ...given }));
  };
  const idsOf = (prompts: readonly Prompt[]) => new Set(prompts.map(({ id }) => id));

  it('deals every prompt once at most, the same way for the same seed', () => {
    const { id, parts } = split({});
    const dealt = [...parts.values()].flat();
    expect(new Set(dealt).size).toBe(dealt.length);
    expect(parts.get('test')).toHaveLength(10);
    expect(parts.get('gate')).toHaveLength(2 * 4 * 5);
    expect(parts.get(sliceOf(configure({}), 2, 'ppo'))).toHaveLength(8);
    expect(split({}).id).toBe(id);
    expect(split({ seed: 1 }).id).not.toBe(id);
  });

  it('is known by the content of its parts and clusters, however many they are', () => {
    const many = Array.from({ length: 25_000 }, (_, index) => `p${index}`);
    const config = configure({});
    const plain = splitPrompts(config, createDeck(config, { pool: many }));
    expect(plain.id).toBe(contentId([...plain.parts]));
    for (const clusters of [new Map(many.map((id, index) => [id, index % 3])), new Map<string, number>()]) {
      const { id, parts } = splitPrompts(config, createDeck(config, { pool: many, clusters }), clusters);
      expect(id).toBe(contentId({ parts: [...parts], clusters: [...clusters] }));
    }
  });

  it('keeps a test set of its own, and D0, out of the slices', () => {
    const [testSet, d0] = [pool.slice(0, 20), pool.slice(20, 30)];
    const { parts } = split({}, { testSet, d0 });
    expect(parts.get('test')?.every((id) => idsOf(testSet).has(id))).toBe(true);
    expect(parts.get('d0')).toEqual(d0.map(({ id }) => id));
    const apart = idsOf([...testSet, ...d0]);
    for (const [part, ids] of parts)
      if (part !== 'test' && part !== 'd0') expect(ids.some((id) => apart.has(id))).toBe(false);
  });

  it('refuses a test set that D0 teaches', () =>
    expect(() => split({}, { testSet: pool.slice(0, 20), d0: pool.slice(18, 30) })).toThrow(
      /start\.sft: 2 prompts of the test set are in D0, the first one is "prompt 18"/,
    ));

  it('leaves out what is too near to tests, never a test, and counts it where the pool is too small for that', () => {
    const config = configure({});
    const deck = createDeck(config, { pool: pool.map(({ id }) => id) });
    const near = new Set([deck.rest[0]!, deck.rest[5]!, deck.test[0]!]);
    const { parts } = splitPrompts(config, withoutContaminated(deck, near));
    expect(parts.get('test')).toEqual(deck.test);
    for (const part of ['gate', 'slice-1', 'slice-6'] as const)
      expect(parts.get(part)?.some((id) => near.has(id))).toBe(false);
    expect(() => splitPrompts(configure({ gate: { prompts: 11 } }), withoutContaminated(deck, near))).toThrow(
      /The pool has 98 prompts \(and 2 that are too near to tests: prompts\.decontaminate\), but the run needs 10 to test/,
    );
  });

  it.each([
    [
      { prompts: { source: ['p'], sliceSize: 50 } },
      /The pool has 100 prompts, but the run needs 10 to test.*350 in all/,
    ],
    [{ prompts: { source: ['p'], gateReserve: 3 } }, /prompts\.gateReserve: 3 prompts, but 8 gates of 5 prompts/],
    [{ prompts: { source: ['p'], slices: 2 } }, /prompts\.slices: 2 slices, but 2 rounds of 3 stages use 6/],
  ])('refuses too little with the numbers', (change, sentence) => expect(() => split(change)).toThrow(sentence));
});
