import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promptHash } from '../../../src/arena/formats/fields';
import { sfc32, uniform } from '../../../src/arena/random';
import { rate } from '../../../src/arena/rate';
import { observationsOf } from '../../../src/arena/battle-table';
import { readBattles } from '../../../src/arena/read-battles';
import { audit } from '../../../src/judge/audit/audit';
import { placeVotes } from '../../../src/judge/audit/of-run';
import { readJudgements } from '../../../src/judge/audit/read';
import type { Judgement } from '../../../src/judge/audit/judgement';
import type { Prompt } from '../../../src/prompts/prompt';
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
  expect(position.advantage.n).toBe(73);
  expect(position.advantage.value).toBeCloseTo((16 + 0.75 * 8 + 0.25 + 0.5 * 46) / 73 - 0.5, 12);
  expect(position.inconsistent.value).toBeCloseTo(18 / 73, 12);
  expect(invalid).toMatchObject({ value: 2 / 75, n: 75 });
});

const said = (question: string, outcome: Judgement['outcome'], more: Partial<Judgement> = {}): Judgement => ({
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

test('where all questions say the same there is no interval, and of one question neither', () => {
  const { invalid } = audit([], [said('1', 'a'), said('2', 'b')]);
  expect(invalid).toEqual({ value: 0, se: 0, lower: null, upper: null, n: 2 });
  expect(audit([], [said('1', 'a'), said('1', 'invalid')]).invalid).toMatchObject({
    value: 0.5,
    se: null,
    lower: null,
  });
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

describe('length bias of many judgements', () => {
  /** Judgements on questions of three, in which twice the length brings log-odds of 0.7. */
  const simulated = (questions: number) => {
    const random = sfc32(5);
    return Array.from({ length: 3 * questions }, (_, k): Judgement => {
      const lengths = [50 + Math.floor(400 * uniform(random)), 50 + Math.floor(400 * uniform(random))] as const;
      const p = 1 / (1 + Math.exp(-0.7 * Math.log2(lengths[0] / lengths[1])));
      return said(`${Math.floor(k / 3)}`, uniform(random) < p ? 'a' : 'b', { lengths });
    });
  };

  test('the slope’s standard error is that of leaving each question out', () => {
    const rows = simulated(60);
    const { slope } = audit([], rows).length;
    const without = Array.from({ length: 60 }, (_, question) => {
      const left = rows.filter((row) => row.question !== `${question}`);
      return audit([], left).length.slope.value!;
    });
    const mean = without.reduce((sum, one) => sum + one, 0) / 60;
    const exact = Math.sqrt((59 / 60) * without.reduce((sum, one) => sum + (one - mean) ** 2, 0));
    expect(Math.abs(slope.se! / exact - 1)).toBeLessThan(0.01);
    expect(slope.lower).toBeLessThan(0.7);
    expect(slope.upper).toBeGreaterThan(0.7);
  });

  test('needs no fit for each question, which would take half a minute', () => {
    const rows = simulated(5000);
    const begin = process.cpuUsage();
    expect(audit([], rows).length.slope.value).toBeCloseTo(0.7, 1);
    expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(3);
  });
});

test('a log’s number of turns is not the judged turn, and a list of replies is as long as its texts', async () => {
  const vote = { question_id: 1, model_a: 'x', model_b: 'y', winner: 'tie', turn: 2 };
  const log = { ...vote, anony: true, conversation_a: [{ role: 'user', content: 'q' }], conversation_b: [] };
  const preference = {
    model_a: 'x',
    model_b: 'y',
    winner_model_a: 0,
    winner_model_b: 1,
    winner_tie: 0,
    prompt: '["q"]',
  };
  const replies = { response_a: '["four", "🦙"]', response_b: '["a"]' };
  const one = async (record: unknown) =>
    (await readJudgements(temporaryFile('one.jsonl', JSON.stringify(record)))).judgements[0];
  expect(await one(vote)).toMatchObject({ question: '1', turn: 2 });
  expect(await one(log)).toMatchObject({ question: '1', turn: null, asked: promptHash(['q']) });
  expect(await one({ ...preference, ...replies })).toMatchObject({ question: promptHash(['q']), lengths: [7, 1] });
});

test('a record whose verdict cannot be read is invalid, in every format that has such', async () => {
  const broken = [
    { question_id: 1, model_1: 'x', model_2: 'y', g1_winner: 'error', g2_winner: 'tie' },
    { question_id: 1, model: 'x', judge: 'j', games: [null, { score: 'A>B' }] },
    { uid: '1', model: 'x', baseline: 'y', judge: 'j', games: [{ score: null }, { score: 'A>B' }] },
    { instruction: 'i', generator_1: 'x', generator_2: 'y', preference: null },
  ];
  for (const record of broken) {
    const { judgements, skipped } = await readJudgements(temporaryFile('bad.json', JSON.stringify([record])));
    expect(judgements).toEqual([expect.objectContaining({ outcome: 'invalid' })]);
    expect(skipped).toEqual([]);
  }
});

describe('votes on the prompts of a run', () => {
  const prompt = (id: string, originalId: string | null, ...turns: string[]): Prompt => ({
    ...{ id, originalId, category: null, source: 's' },
    messages: turns.map((content, k) => ({ role: k % 2 ? ('assistant' as const) : ('user' as const), content })),
  });
  const prompts = [prompt('p1', '81', 'one'), prompt('p2', '82', 'two', 'so', 'go on'), prompt('p3', '82', 'three')];
  const placed = (vote: Judgement) => placeVotes([vote], prompts).votes.map(({ question, turn }) => [question, turn]);

  test.each([
    ['the prompt’s id', said('p1', 'a'), [['p1', null]]],
    ['the id at its source', said('81', 'a', { turn: 1 }), [['p1', null]]],
    ['a hash of the user’s turns', said(promptHash(['two', 'go  on']), 'a', { turn: 2 }), [['p2', null]]],
    ['the text beside another id', said('7', 'a', { asked: promptHash(['three']) }), [['p3', null]]],
    ['an id that two prompts share: none', said('82', 'a'), []],
    ['a turn that the judge did not see: none', said('81', 'a', { turn: 2 }), []],
    ['nothing: none', said('7', 'a'), []],
  ])('are found by %s', (_name, vote, expected) => expect(placed(vote)).toEqual(expected));

  test('those elsewhere are counted', () => {
    expect(placeVotes([said('81', 'a'), said('7', 'a'), said('82', 'a')], prompts)).toMatchObject({ elsewhere: 2 });
  });
});
