import { selectBaseline, type Baseline } from '../../../src/selection/baselines';
import { cardMarkdown, createCardCounts } from '../../../src/selection/card';
import { capPerCluster } from '../../../src/selection/cluster-cap';
import type { Group } from '../../../src/selection/groups';
import { said, type SftRow } from '../../../src/selection/rows';

const groups = Array.from({ length: 20 }, (_, index): Group => ({
  prompt: `p${String(index).padStart(2, '0')}`,
  battles: [{ position: index, a: 'target', b: 'poet', outcome: index % 2 ? 'win' : 'loss', margin: 1 }],
  scores: new Map([
    ['target', 5],
    ['poet', 6],
    ['clerk', 4],
  ]),
}));
const rules = {
  count: 6,
  seed: 1,
  unfit: () => null,
  promptTokens: (prompt: string) => Number(prompt.slice(1)),
  clusterOf: (prompt: string) => String(Number(prompt.slice(1)) % 3),
};
const prompts = (baseline: Baseline, change = {}) =>
  selectBaseline(groups, 'target', baseline, { ...rules, ...change }).choices.map(({ prompt }) => prompt);

describe('selectBaseline', () => {
  it('takes the best competitor whoever won, and counts what it left', () => {
    const { choices, counts } = selectBaseline(groups, 'target', 'random', rules);
    expect(choices).toHaveLength(6);
    expect(new Set(choices.map(({ chosen }) => chosen))).toEqual(new Set(['poet']));
    expect(counts).toEqual({ selected: 6, notSampled: 14 });
    expect(selectBaseline(groups, 'target', 'whole', rules).counts).toEqual({ selected: 20 });
  });

  it('samples by the seed, the longest, or evenly over clusters', () => {
    expect(prompts('random')).toEqual(prompts('random'));
    expect(prompts('random')).not.toEqual(prompts('random', { seed: 2 }));
    expect(prompts('longest')).toEqual(['p14', 'p15', 'p16', 'p17', 'p18', 'p19']);
    const perCluster = prompts('diverse').map(rules.clusterOf).sort();
    expect(perCluster).toEqual(['0', '0', '1', '1', '2', '2']);
  });

  it('takes the next competitor where the best answer is unfit, and nothing where all are', () => {
    const poet = selectBaseline(groups, 'target', 'whole', {
      ...rules,
      unfit: (player) => (player === 'poet' ? 'refusal' : null),
    });
    expect(poet.choices[0]).toMatchObject({ chosen: 'clerk', battle: null, gap: -1 });
    expect(selectBaseline(groups, 'target', 'whole', { ...rules, unfit: () => 'empty' }).counts).toEqual({
      selected: 0,
      empty: 20,
    });
  });
});

it('capPerCluster keeps the largest gaps of each cluster, in their order', () => {
  const choice = (prompt: string, gap: number) => ({ prompt, gap, chosen: 'a', rejected: 'b', battle: 0 });
  const choices = [choice('x1', 1), choice('y1', 2), choice('x2', 3), choice('x3', 3), choice('z', 0)];
  const clusterOf = (prompt: string) => (prompt === 'z' ? null : prompt.charAt(0));
  const { choices: kept, left } = capPerCluster(choices, clusterOf, 2);
  expect(kept.map(({ prompt }) => prompt)).toEqual(['y1', 'x2', 'x3', 'z']);
  expect(left).toBe(1);
  expect(capPerCluster(choices, clusterOf, 1).choices.map(({ prompt }) => prompt)).toEqual(['y1', 'x2', 'z']);
});

it('a dataset card counts rows, lengths and sources, and keeps hostile names in their cell', () => {
  const row = (round: number, chosen: string, answer: string): SftRow => ({
    prompt: [{ role: 'user', content: 'Say it.' }],
    completion: said(answer),
    meta: { run: 'r', round, stage: 'sft', prompt: 'p', battles: [], chosen },
  });
  const about = { id: 'r/r2-sft-a1/sft', kind: 'sft', sha256: 'ab', settings: {}, counts: { selected: 2 } };
  const counts = createCardCounts();
  for (const one of [row(1, 'poet', 'one two'), row(2, 'a|b\n#', 'one')]) counts.add(one);
  const answers = { answers: 200, truncated: 3, refusal: 1, namesMaker: 0, empty: 0 };
  expect(counts.players()).toEqual(['poet', 'a|b\n#']);
  const card = counts.card({ ...about, lengthEffect: null, answers }, (player) => player);
  expect(card).toMatchObject({
    rows: 2,
    rounds: { 1: 1, 2: 1 },
    chosen: { poet: 1, 'a|b\n#': 1 },
    meanTokens: { prompt: 3, chosen: 1.5, rejected: null },
  });
  const text = cardMarkdown(card);
  expect(text).toContain('| a\\|b # | 1 |');
  expect(text).toContain('Of 200 answers in these groups 1.5% were cut by length, 0.5% refuse, 0.0% name');
  expect(text).toContain('prompt 3.0, chosen 1.5, rejected none');
  expect(cardMarkdown({ ...card, lengthEffect: { beta: 1, lower: 0, upper: 2, battles: 9 } })).toContain(
    'gains 0.69 judge points',
  );
});
