import { pairedDifference } from '../../../src/arena/paired-difference';
import { rate } from '../../../src/arena/rate';
import type { Observation } from '../../../src/arena/types';
import { simulate } from './helpers';

const STRENGTHS = [0.5, 0, -0.5, 0.9, 0.7];
/** m0, m1, m2 compete from the start; m3 and m4 are checkpoints that join in later rounds on the same prompts. */
const everything = simulate({ seed: 21, strengths: STRENGTHS, prompts: 150, promptEffect: 0.5 });
const competitors = ['m0', 'm1', 'm2'];
const anchor = { models: competitors, mean: 1000 };
const upTo = (last: number): Observation[] =>
  everything.filter(({ a, b }) => Number(a.slice(1)) <= last && Number(b.slice(1)) <= last);

describe('players that join later', () => {
  const rounds = [2, 3, 4].map((last) => rate(upTo(last), { anchor, rounds: 200 }));

  it('are rated by one joint fit on the scale that the initial competitors hold', () => {
    for (const { models } of rounds) {
      const sum = models.filter(({ model }) => competitors.includes(model)).reduce((total, { fit }) => total + fit, 0);
      expect(sum / 3).toBeCloseTo(1000, 8);
    }
    expect(rounds[2]!.models.map(({ model }) => model)).toHaveLength(5);
  });

  it('may move old rows, within what was uncertain about them', () => {
    for (const name of competitors) {
      const [before, after] = [rounds[0]!, rounds[2]!].map(({ models }) => models.find(({ model }) => model === name)!);
      expect(after!.fit).not.toBe(before!.fit);
      expect(Math.abs(after!.fit - before!.fit)).toBeLessThan(2 * before!.se!);
    }
  });

  it('are compared by a difference with an interval of its own, whatever the anchor', () => {
    const table = rounds[2]!.models;
    const [third, fourth] = ['m3', 'm4'].map((name) => table.find(({ model }) => model === name)!);
    const paired = pairedDifference(everything, 'm3', 'm4', { rounds: 200 });
    expect(paired.fit).toBeCloseTo(third!.fit - fourth!.fit, 8);
    expect(paired.lower!).toBeLessThan(paired.fit);
    expect(paired.upper!).toBeGreaterThan(paired.fit);
    const otherAnchor = rate(everything, { anchor: { model: 'm2', rating: 0 }, rounds: 0 }).models;
    const [third0, fourth0] = ['m3', 'm4'].map((name) => otherAnchor.find(({ model }) => model === name)!);
    expect(third0!.fit - fourth0!.fit).toBeCloseTo(paired.fit, 8);
    // Against one anchor both rows carry that model's uncertainty, which the difference does not.
    expect(paired.se!).toBeLessThan(Math.hypot(third0!.se!, fourth0!.se!));
  });

  it('leave a difference between old players as certain as their new battles make it', () => {
    const before = pairedDifference(upTo(2), 'm0', 'm2', { rounds: 0 });
    const after = pairedDifference(everything, 'm0', 'm2', { rounds: 0 });
    expect(after.se!).toBeLessThan(before.se!);
  });
});
