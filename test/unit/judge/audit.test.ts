import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rate } from '../../../src/arena/rate';
import { observationsOf } from '../../../src/arena/battle-table';
import { readBattles } from '../../../src/arena/read-battles';
import { audit } from '../../../src/judge/audit/audit';
import { readJudgements } from '../../../src/judge/audit/read';
import type { Judgement } from '../../../src/judge/audit/judgement';
import { SHARED, temporaryFile } from '../arena/helpers';

const real = existsSync(SHARED) ? test : test.skip;

real('GPT-4 against people on MT-bench (skipped without the shared data)', async () => {
  const human = await readJudgements(join(SHARED, 'mt-bench/human.jsonl'));
  const judge = await readJudgements(join(SHARED, 'mt-bench/gpt4_pair.jsonl'));
  const { agreement, position } = audit(human.judgements, judge.judgements);
  const figures = agreement
    .slice(1)
    .map(({ turn, judge: { withTies, withoutTies } }) => [
      turn,
      withTies.value!.toFixed(4),
      withTies.n,
      withoutTies.value!.toFixed(4),
      withoutTies.n,
    ]);
  expect(figures).toEqual([
    [1, '0.6661', 1689, '0.8594', 1060],
    [2, '0.6573', 1666, '0.8531', 1069],
  ]);
  const { people } = agreement[1]!;
  expect(people.withTies.value).toBeCloseTo(0.6414, 4);
  expect(people.withoutTies.value).toBeCloseTo(0.8199, 4);
  expect(position.inconsistent).toMatchObject({ value: 380 / 2400, n: 2400 });
});

real('the first-shown advantage of real judge texts (skipped without the shared data)', async () => {
  const { judgements } = await readJudgements(join(SHARED, 'judge-text/mt-bench-gpt4-pairs.jsonl'));
  const { position, invalid } = audit([], judgements);
  // 16 battles go to the first place in both games, 2 to the second, 8 give it ¾, 1 gives it ¼, 46 are consistent.
  expect(position.firstShown.n).toBe(73);
  expect(position.firstShown.value).toBeCloseTo((16 + 0.75 * 8 + 0.25 + 0.5 * 46) / 73, 12);
  expect(position.inconsistent.value).toBeCloseTo(18 / 73, 12);
  expect(invalid).toMatchObject({ value: 2 / 75, n: 75 });
});

const said = (question: string, outcome: Judgement['outcome'], more: Partial<Judgement> = {}): Judgement => ({
  judge: 'j',
  question,
  turn: null,
  a: 'x',
  b: 'y',
  outcome,
  ...more,
});

test('which side is named first changes nothing', () => {
  const human = [said('1', 'a'), said('2', 'b'), said('3', 'tie'), said('4', 'a')];
  const judge = [said('1', 'a'), said('2', 'a'), said('3', 'inconsistent'), said('4', 'tie')];
  const swapped = { a: 'y', b: 'x' };
  const turned = [
    said('1', 'b', swapped),
    said('2', 'b', swapped),
    said('3', 'inconsistent', swapped),
    said('4', 'tie'),
  ];
  const [before] = audit(human, judge).agreement;
  expect(audit(human, turned).agreement[0]!.judge).toEqual(before!.judge);
  expect(before!.judge.withTies).toMatchObject({ value: 0.5, n: 4 });
  expect(before!.judge.withoutTies).toMatchObject({ value: 0.5, n: 2 });
  // Ties: 1 of 4 and 2 of 4, so chance is 1/8 + (3/4)(1/2)/2 = 5/16.
  expect(before!.judge.kappa.value).toBeCloseTo((1 / 2 - 5 / 16) / (1 - 5 / 16), 12);
});

test('a judge that loves length has a slope, and without any text there is none', () => {
  const rows = Array.from({ length: 8 }, (_, k) => said(`${k}`, k < 6 ? 'a' : 'b', { lengths: [200, 100] }));
  const { longerWins, slope } = audit([], rows).length;
  expect(longerWins).toMatchObject({ value: 0.75, n: 8 });
  expect(slope.value).toBeCloseTo(Math.log(3), 9);
  expect(audit([], [said('1', 'a')]).length.slope).toMatchObject({ value: null, n: 0 });
});

test('a file that names no question is refused with its line', async () => {
  const file = temporaryFile('v.csv', 'model_a,model_b,winner\nx,y,model_a\n');
  await expect(readJudgements(file)).rejects.toThrow(/v\.csv, line 2: names no question/);
});

interface Expected {
  models: Record<string, { rating: number; se_cluster: number; se_sandwich: number }>;
}

real.each([
  ['human.jsonl', 'expected-human.json'],
  ['gpt4_pair.jsonl', 'expected-gpt4-pair.json'],
])('ratings and standard errors of %s (skipped without the shared data)', async (file, golden) => {
  const folder = join(SHARED, 'mt-bench');
  const expected = JSON.parse(readFileSync(join(folder, golden), 'utf8')) as Expected;
  const battles = [...observationsOf((await readBattles(join(folder, file))).table)];
  const byQuestion = rate(battles, { rounds: 0 }).models;
  const byBattle = rate(
    battles.map((one) => ({ ...one, prompt: null })),
    { rounds: 0 },
  ).models;
  expect(byQuestion).toHaveLength(6);
  for (const [index, { model, fit, se }] of byQuestion.entries()) {
    const wanted = expected.models[model]!;
    expect(Math.abs(fit - wanted.rating)).toBeLessThan(1e-4);
    expect(Math.abs(se! - wanted.se_cluster)).toBeLessThan(1e-4);
    expect(Math.abs(byBattle[index]!.se! - wanted.se_sandwich)).toBeLessThan(1e-4);
  }
});
