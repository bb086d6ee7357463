import { binomial, multinomialSampler } from '../../../src/arena/multinomial';
import { quantile } from '../../../src/arena/quantile';
import { sfc32 } from '../../../src/arena/random';
import { studentQuantile } from '../../../src/arena/student-t';
import { winMatrix } from '../../../src/arena/win-matrix';
import { battle } from './helpers';

const draw = (seed: number) => Array.from({ length: 4 }, sfc32(seed));

describe('studentQuantile', () => {
  it.each([
    [0.95, 1, 12.7062047364],
    [0.95, 2, 4.30265272991],
    [0.95, 9, 2.26215716274],
    [0.95, 10, 2.22813885196],
    [0.99, 5, 4.03214298356],
    [0.9, 30, 1.69726088659],
    [0.95, 299, 1.96792966856],
    [0.95, 100_000, 1.95998770754],
  ])('confidence %d, df %d: %d', (confidence, df, expected) => {
    expect(studentQuantile(confidence, df)).toBeCloseTo(expected, 8);
  });

  it('refuses what has no quantile', () => {
    expect(() => studentQuantile(0.95, 0)).toThrow(RangeError);
    expect(() => studentQuantile(1, 5)).toThrow(RangeError);
  });
});

describe('quantile', () => {
  it("follows numpy's linear rule", () => {
    const values = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile(values, share))).toEqual([
      1,
      1.75,
      3,
      expect.closeTo(6.8, 12),
      8,
    ]);
  });

  it('goes through infinities without NaN', () => {
    const values = Float64Array.of(-Infinity, -Infinity, 0, Infinity, Infinity);
    expect([0.1, 0.3, 0.5, 0.6, 0.9].map((share) => quantile(values, share))).toEqual([
      -Infinity,
      -Infinity,
      0,
      Infinity,
      Infinity,
    ]);
    expect(() => quantile(new Float64Array(), 0.5)).toThrow(RangeError);
  });
});

describe('random numbers', () => {
  it('repeat by seed and differ between seeds', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(2 ** 40)).not.toEqual(draw(0));
  });

  it.each([
    [40, 0.1],
    [40, 0.9],
    [1000, 0.3],
    [1_000_000, 0.5],
  ])('binomial(%d, %d) has its mean, variance and skewness', (n, p) => {
    const random = sfc32(3);
    const draws = Array.from({ length: 20_000 }, () => binomial(random, n, p));
    const mean = draws.reduce((sum, k) => sum + k, 0) / draws.length;
    const moment = (power: number) => draws.reduce((sum, k) => sum + (k - mean) ** power, 0) / draws.length;
    const variance = n * p * (1 - p);
    expect(Math.abs(mean - n * p)).toBeLessThan(4 * Math.sqrt(variance / draws.length));
    expect(moment(2) / variance).toBeGreaterThan(0.96);
    expect(moment(2) / variance).toBeLessThan(1.04);
    expect(Math.abs(moment(3) / variance ** 1.5 - (1 - 2 * p) / Math.sqrt(variance))).toBeLessThan(0.08);
  });

  it.each([1, 1000])('multinomial counts over kinds of %d, 2 and 3 times as many keep total and shares', (scale) => {
    const multiplicity = Float64Array.of(scale, 2 * scale, 3 * scale);
    const sample = multinomialSampler(multiplicity, sfc32(5));
    const counts = new Float64Array(3);
    const sums = [0, 0, 0];
    for (let round = 0; round < 4000; round++) {
      sample(counts);
      expect(counts[0]! + counts[1]! + counts[2]!).toBe(6 * scale);
      counts.forEach((count, kind) => (sums[kind]! += count / scale / 4000));
    }
    sums.forEach((sum, kind) => expect(Math.abs(sum - kind - 1)).toBeLessThan(0.1));
  });
});

describe('winMatrix', () => {
  it('counts who scored what off whom', () => {
    const { models, games, wins, rates } = winMatrix([battle('b', 'a', 1), battle('a', 'b', 0.5), battle('c', 'b', 0)]);
    expect(models).toEqual(['a', 'b', 'c']);
    expect(games).toEqual([
      [0, 2, 0],
      [2, 0, 1],
      [0, 1, 0],
    ]);
    expect(wins).toEqual([
      [0, 0.5, 0],
      [1.5, 0, 1],
      [0, 0, 0],
    ]);
    expect(rates).toEqual([
      [null, 0.25, null],
      [0.75, null, 1],
      [null, 0, null],
    ]);
  });
});
