import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { observationsOf } from '../../../src/arena/battle-table';
import { promptHash } from '../../../src/arena/formats/fields';
import { kindOf, records } from '../../../src/arena/formats/records';
import { rateTable } from '../../../src/arena/rate';
import { readBattles } from '../../../src/arena/read-battles';
import { SHARED, temporaryFile } from './helpers';

/** Published files through `readBattles`, as `flywheel rate` reads them. */
const read = async (name: string, content: string | Uint8Array) => {
  const { table, ...rest } = await readBattles(temporaryFile(name, content));
  return { ...rest, battles: [...observationsOf(table)] };
};

const log = (winner: string, more: object = {}) => ({
  ...{
    model_a: 'x',
    model_b: 'y, the "small"',
    winner,
    judge: 'arena_user_1',
    turn: 1,
    anony: true,
    language: 'English',
  },
  conversation_a: [
    { role: 'user', content: 'Wie  geht\nes?' },
    { role: 'assistant', content: 'Gut.' },
  ],
  conversation_b: [],
  ...more,
});

test('a JSON array of LMSYS battles: no id, so the prompt is what the user wrote', async () => {
  const rows = [log('model_a'), log('tie (bothbad)'), log('model_b', { model_b: 'x' }), log('model_b')];
  const { battles, format, skipped } = await read('clean_battle.json', JSON.stringify(rows, null, 2));
  expect(format).toBe('LMSYS battle logs and MT-bench votes');
  expect(battles.map(({ score, b }) => [score, b])).toEqual([1, 0.5, 0].map((score) => [score, 'y, the "small"']));
  expect(new Set(battles.map(({ prompt }) => prompt))).toEqual(new Set([promptHash(['Wie geht es?'])]));
  expect(skipped).toEqual([{ reason: 'a model against itself', count: 1, firstLine: 42 }]);
});

test('a CSV of human preferences, as Kaggle has it: a JSON list in a quoted field', async () => {
  const { battles, format } = await read(
    'train.csv',
    'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n' +
      '1,x,y,"[""one"",""two, \\n three""]",a,b,0,1,0\r\n2,x,y,"[""one""]",a,b,0,0,1\n',
  );
  expect(format).toBe('lmarena human preferences');
  expect(battles.map(({ score, prompt }) => [score, prompt])).toEqual([
    [0, promptHash(['one', 'two, three'])],
    [0.5, promptHash(['one'])],
  ]);
});

test('MT-bench pair judgments as gzip: two games of half a battle, errors counted', async () => {
  const pair = { question_id: 81, model_1: 'x', model_2: 'y', g1_winner: 'model_1', g2_winner: 'tie', turn: 1 };
  const rows = [pair, { ...pair, g1_winner: 'error' }, { ...pair, turn: 2 }];
  const { battles, skipped } = await read(
    'gpt-4_pair.jsonl.gz',
    gzipSync(rows.map((row) => JSON.stringify(row)).join('\n')),
  );
  expect(battles.map(({ a, score, weight }) => [a, score, weight])).toEqual([
    ['x', 1, 0.5],
    ['y', 0.5, 0.5],
    ['x', 1, 0.5],
    ['y', 0.5, 0.5],
  ]);
  expect(new Set(battles.map(({ battle }) => battle)).size).toBe(2);
  expect(skipped).toEqual([{ reason: 'a judgment with an error', count: 1, firstLine: 2 }]);
});

test.each([
  ['an unknown label', [log('model_a'), log('left')], /battles\.json, line 2, winner: "left"/],
  ['a missing model', [log('model_a'), log('tie', { model_b: null })], /battles\.json, line 2, model_b: null/],
])('%s is named with its line', async (_name, rows, message) => {
  const text = `[${rows.map((row) => JSON.stringify(row)).join(',\n')}]`;
  await expect(read('battles.json', text)).rejects.toThrow(message);
});

test.each([1, 7, 64])('records are the same in pieces of %d bytes', (size) => {
  const texts = [
    'left,right,winner\n"a, b",c,left\nü,"d\n""e""",tie',
    '{"left": "a, b"}\n\n{"left": "ü\\n"}',
    '[{"left": "a, [b]"}, {"left": {"of": ["\\"]"]}}]\n',
  ];
  for (const text of texts) {
    const inPieces = (step: number) => {
      const bytes = Buffer.from(text);
      const found: unknown[] = [];
      const take = records(kindOf(bytes)!, 'f', (record, line) => found.push([record, line]));
      let rest = Buffer.alloc(0);
      for (let at = 0; at < bytes.length; at += step) {
        rest = Buffer.concat([rest, bytes.subarray(at, at + step)]);
        rest = rest.subarray(take(rest, false));
      }
      take(rest, true);
      return found;
    };
    expect(inPieces(size)).toEqual(inPieces(text.length * 2));
    expect(inPieces(size)).toHaveLength(2);
  }
});

const real = existsSync(SHARED) ? test.each : test.skip.each;
real(['food', 'llmfao'])(
  'evalica’s %s.csv, as it is, gives its golden ratings (skipped without the shared data)',
  async (name) => {
    const { table, format } = await readBattles(join(SHARED, `evalica/${name}.csv`));
    expect(format).toBe('evalica comparisons');
    const golden = readFileSync(join(SHARED, `evalica/${name}-golden.csv`), 'utf8')
      .split(/\r?\n/)
      .map((line) => line.split(','))
      .filter(([algorithm]) => algorithm === 'bradley_terry');
    const fits = new Map(rateTable(table, { rounds: 0 }).models.map(({ model, fit }) => [model, fit]));
    expect(golden).toHaveLength(fits.size);
    // Strengths are known up to a factor, so ratings up to a constant.
    const apart = golden.map(([, model, strength]) => fits.get(model!)! - 400 * Math.log10(Number(strength)));
    expect(Math.max(...apart) - Math.min(...apart)).toBeLessThan(1e-6);
  },
);
