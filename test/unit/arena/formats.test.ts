import { battleFormats } from '../../../src/arena/formats';

type Case = [name: string, record: Record<string, unknown>, scores: [string, string, number, number][]];
const read = (record: Record<string, unknown>) => {
  const known = battleFormats.filter((format) => format.recognises(record));
  expect(known).toHaveLength(1);
  return known[0]!.read(record);
};
const vote = { question_id: 1, model_a: 'x', model_b: 'y', winner: 'tie (bothbad)' };
const preference = { model_a: 'x', model_b: 'y', winner_model_a: '0', winner_model_b: '1', winner_tie: '0' };
const pair = { question_id: 1, model_1: 'x', model_2: 'y', g1_winner: 'model_1', g2_winner: 'model_2' };
const hard = { question_id: 'q', model: 'x', judge: 'j', games: [{ score: 'B>>A' }, { score: 'A=B' }] };
const alpaca = { instruction: 'i', generator_1: 'x', generator_2: 'y', preference: 2 };
const cases: Case[] = [
  ['a vote', vote, [['x', 'y', 0.5, 1]]],
  ['a human preference', preference, [['x', 'y', 0, 1]]],
  [
    'two games of MT-bench, the first place winning both',
    pair,
    [
      ['x', 'y', 1, 0.5],
      ['y', 'x', 1, 0.5],
    ],
  ],
  [
    'Arena-Hard v0.1',
    hard,
    [
      ['gpt-4-0314', 'x', 0, 0.5],
      ['x', 'gpt-4-0314', 0.5, 0.5],
    ],
  ],
  [
    'Arena-Hard v2',
    { ...hard, uid: 'u', baseline: 'o3' },
    [
      ['o3', 'x', 0, 0.5],
      ['x', 'o3', 0.5, 0.5],
    ],
  ],
  ['AlpacaEval', alpaca, [['x', 'y', 0, 1]]],
  ['a legacy draw of AlpacaEval', { ...alpaca, preference: 0 }, [['x', 'y', 0.5, 1]]],
  [
    'a soft preference',
    { ...alpaca, preference: 1.25 },
    [
      ['x', 'y', 1, 0.75],
      ['x', 'y', 0, 0.25],
    ],
  ],
  ['evalica', { left: 'x', right: 'y', winner: 'right' }, [['x', 'y', 0, 1]]],
];

test.each(cases)('reads %s', (_, record, scores) => {
  const observations = read(record);
  if ('skipped' in observations) throw new Error(observations.skipped);
  expect(observations.map(({ a, b, score, weight }) => [a, b, score, weight])).toEqual(scores);
});

test.each([
  [{ ...pair, g2_winner: 'error' }, /error/],
  [{ ...hard, games: [null, { score: 'A>B' }] }, /without a verdict/],
  [{ ...alpaca, preference: null }, /without a preference/],
  [{ ...vote, model_b: 'x' }, /against itself/],
])('leaves out %j', (record, reason) => {
  expect(read(record)).toEqual({ skipped: expect.stringMatching(reason) });
});

test.each([
  [{ ...vote, winner: 'left' }, /winner: "left" .* known are model_a/],
  [{ ...pair, g1_winner: 'model_a' }, /g1_winner: "model_a" .* model_1, model_2, tie/],
  [{ ...hard, games: [{ score: 'C' }, { score: 'A>B' }] }, /games\[0\]\.score: "C"/],
  [{ ...alpaca, preference: 3 }, /preference: 3/],
  [{ ...preference, winner_tie: '1' }, /2 of the three verdicts/],
])('refuses %j', (record, message) => {
  expect(() => read(record)).toThrow(message);
});
