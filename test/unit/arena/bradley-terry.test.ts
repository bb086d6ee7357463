import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fitBradleyTerry, surplus } from '../../../src/arena/bradley-terry';
import { csvRecords } from '../../../src/arena/csv';
import type { PairCounts } from '../../../src/arena/pair-counts';
import { sfc32, uniform } from '../../../src/arena/random';
import { tally } from '../../../src/arena/tally';
import type { Observation } from '../../../src/arena/types';
import { describeShared, SHARED, simulate } from './helpers';

/** Strengths that sum to 1, as evalica gives them. */
function strengths(theta: Float64Array): number[] {
  const values = Array.from(theta, Math.exp);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** The naive way, to compare with: minorisation-maximisation (Hunter 2004), player by player. */
function minorise(counts: PairCounts): number[] {
  const won = Array.from<number>({ length: counts.size }).fill(0);
  counts.first.forEach((i, cell) => {
    won[i]! += counts.scores[cell]!;
    won[counts.second[cell]!]! += counts.games[cell]! - counts.scores[cell]!;
  });
  let strength = won.map(() => 1 / won.length);
  for (let change = 1; change > 1e-14;) {
    const load = won.map(() => 0);
    counts.first.forEach((i, cell) => {
      const j = counts.second[cell]!;
      const share = counts.games[cell]! / (strength[i]! + strength[j]!);
      load[i]! += share;
      load[j]! += share;
    });
    const next = won.map((wins, i) => wins / load[i]!);
    const sum = next.reduce((total, value) => total + value, 0);
    const before = strength;
    strength = next.map((value) => value / sum);
    change = Math.max(...strength.map((value, i) => Math.abs(value / before[i]! - 1)));
  }
  return strength;
}

function records(file: string): Record<string, string>[] {
  const [header, ...rows] = [...csvRecords(readFileSync(file, 'utf8'), file)].map(({ fields }) => fields);
  return rows.map((fields) => Object.fromEntries(header!.map((name, i) => [name, fields[i]!])));
}

describeShared('evalica golden files (../shared/data)', () => {
  it.each(['food', 'simple', 'llmfao'])('%s: strengths to a relative 1e-9', (name) => {
    const observations = records(join(SHARED, 'evalica', `${name}.csv`)).map(({ left, right, winner }): Observation => {
      const score = winner === 'left' ? 1 : winner === 'right' ? 0 : 0.5;
      return { a: left!, b: right!, score, weight: 1, prompt: null };
    });
    const golden = records(join(SHARED, 'evalica', `${name}-golden.csv`)).filter(
      (row) => row.algorithm === 'bradley_terry',
    );
    const { models, counts } = tally(observations);
    const ours = strengths(fitBradleyTerry(counts).theta);
    expect(golden).toHaveLength(models.length);
    for (const { item, score } of golden) {
      const relative = ours[models.indexOf(item!)]! / Number(score) - 1;
      expect(Math.abs(relative)).toBeLessThanOrEqual(1e-9);
    }
  });
});

describe('fitBradleyTerry', () => {
  it.each([1, 2, 3, 4, 5, 6])('agrees with the naive iteration on random data (seed %i)', (seed) => {
    const random = sfc32(seed);
    const spread = Array.from({ length: 2 + seed }, () => 3 * (uniform(random) - 0.5));
    const { counts } = tally(simulate({ seed, strengths: spread, prompts: 15 }));
    const ours = strengths(fitBradleyTerry(counts).theta);
    minorise(counts).forEach((strength, i) => expect(ours[i]! / strength).toBeCloseTo(1, 10));
  });

  it('solves two players in closed form, from even to one loss in a thousand million', () => {
    for (const wins of [1, 3, 1e3, 1e6, 1e9]) {
      const counts: PairCounts = {
        size: 2,
        first: Int32Array.of(0),
        second: Int32Array.of(1),
        games: Float64Array.of(wins + 1),
        scores: Float64Array.of(wins),
      };
      const { theta } = fitBradleyTerry(counts);
      expect(theta[0]! - theta[1]!).toBeCloseTo(Math.log(wins), 10);
    }
  });

  it('leaves nobody above or below what is expected of it', () => {
    const { counts } = tally(simulate({ seed: 9, strengths: [2, 1, 0, -1, -2], prompts: 30 }));
    const { theta } = fitBradleyTerry(counts);
    for (const beyond of surplus(counts, theta)) expect(Math.abs(beyond)).toBeLessThan(1e-10);
  });

  it('fits a long chain, where only neighbours met', () => {
    const players = 40;
    const links = Int32Array.from({ length: players - 1 }, (_, i) => i);
    const counts: PairCounts = {
      size: players,
      first: links,
      second: links.map((i) => i + 1),
      games: new Float64Array(players - 1).fill(4),
      scores: new Float64Array(players - 1).fill(3),
    };
    const { theta } = fitBradleyTerry(counts);
    expect(theta[0]! - theta[players - 1]!).toBeCloseTo(39 * Math.log(3), 8);
  });
});
