import { rate } from '../../../src/arena/rate';
import * as fc from 'fast-check';
import { rankIntervals, ranksFromIntervals } from '../../../src/arena/rank';

describe('ranksFromIntervals', () => {
  it('is 1 plus the models whose lower end lies above the own upper end', () => {
    const rows = [
      { lower: 90, upper: 110 },
      { lower: 100, upper: 120 },
      { lower: 111, upper: 130 },
      { lower: 10, upper: 20 },
    ];
    expect(ranksFromIntervals(rows)).toEqual([2, 1, 1, 4]);
  });

  it('does not count intervals that only touch, unlike the consistency metrics', () => {
    expect(
      ranksFromIntervals([
        { lower: 0, upper: 5 },
        { lower: 5, upper: 9 },
      ]),
    ).toEqual([1, 1]);
  });

  it('reads a null end as no limit', () => {
    const rows = [
      { lower: 50, upper: null },
      { lower: 1, upper: 2 },
      { lower: null, upper: 0 },
      { lower: null, upper: null },
    ];
    expect(ranksFromIntervals(rows)).toEqual([1, 2, 3, 1]);
  });

  it('agrees with counting pair by pair', () => {
    const end = fc.option(fc.integer({ min: -5, max: 5 }));
    fc.assert(
      fc.property(fc.array(fc.record({ lower: end, upper: end }), { maxLength: 12 }), (rows) => {
        const naive = rows.map(
          (own) => 1 + rows.filter((other) => (other.lower ?? -Infinity) > (own.upper ?? Infinity)).length,
        );
        expect(ranksFromIntervals(rows)).toEqual(naive);
      }),
    );
  });
});

describe('rankIntervals', () => {
  const draws = (...models: number[][]): Float64Array[] => models.map((values) => Float64Array.from(values));

  it('ranks within each round and takes percentiles over the rounds', () => {
    // a leads in 95 of 100 rounds, b in 5: more than 2.5%, so both may be first.
    const lead = Array.from({ length: 100 }, (_, round) => (round < 95 ? 2 : 0));
    const result = rankIntervals(draws(lead, Array(100).fill(1), Array(100).fill(-1)));
    expect(result).toEqual([
      { rank: 1, lower: 1, upper: 2 },
      { rank: 2, lower: 1, upper: 2 },
      { rank: 3, lower: 3, upper: 3 },
    ]);
  });

  it('averages ties, infinite ones too, and orders infinities around the finite', () => {
    expect(rankIntervals(draws([Infinity], [Infinity], [3], [-Infinity]))).toEqual([
      { rank: 1.5, lower: 1, upper: 2 },
      { rank: 1.5, lower: 1, upper: 2 },
      { rank: 3, lower: 3, upper: 3 },
      { rank: 4, lower: 4, upper: 4 },
    ]);
  });

  it('lets a draw that compares nothing stand anywhere', () => {
    expect(rankIntervals(draws([NaN], [2], [1]))).toEqual([
      { rank: 2, lower: 1, upper: 3 },
      { rank: 1.5, lower: 1, upper: 2 },
      { rank: 2.5, lower: 2, upper: 3 },
    ]);
  });

  it('keeps the sum of ranks in every round, whatever the draws', () => {
    const value = fc.oneof(fc.constantFrom(Infinity, -Infinity, 0, 1), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 9 }), (round) => {
        const ranks = rankIntervals(round.map((draw) => Float64Array.of(draw)));
        const sum = ranks.reduce((total, { rank }) => total + rank, 0);
        expect(sum).toBeCloseTo((round.length * (round.length + 1)) / 2, 9);
        ranks.forEach(({ rank }, i) => {
          const above = round.filter((draw) => draw > round[i]!).length;
          const equal = round.filter((draw) => draw === round[i]!).length;
          expect(rank).toBe(above + (equal + 1) / 2);
        });
      }),
    );
  });

  it('refuses draws that do not belong together', () => {
    expect(() => rankIntervals(draws([1, 2], [1]))).toThrow(/different numbers of bootstrap rounds/);
    expect(() => rankIntervals(draws([], []))).toThrow(/need bootstrap rounds/);
    expect(rankIntervals([])).toEqual([]);
  });
});

describe('ranks in a table of ratings', () => {
  const row = (a: string, b: string, score: 0 | 0.5 | 1, prompt: number) => ({
    a,
    b,
    score,
    weight: 1,
    prompt: `p${prompt}`,
  });
  const close = Array.from({ length: 60 }, (_, i) => row('x', 'y', i % 2 === 0 ? 1 : 0, i));
  const clear = Array.from({ length: 60 }, (_, i) => row('x', 'z', i % 6 === 0 ? 0 : 1, i));

  it('come from the resamples: sure where the order is, open where it is not', () => {
    const { models } = rate([...close, ...clear], { seed: 1 });
    const ranks = Object.fromEntries(models.map(({ model, rank }) => [model, rank]));
    expect(ranks['z']).toEqual({ rank: 3, lower: 3, upper: 3 });
    expect(ranks['x']).toMatchObject({ lower: 1, upper: 2 });
    expect(ranks['y']).toMatchObject({ lower: 1, upper: 2 });
  });

  it('know a model that won everything as the first, and are not known without resamples', () => {
    const won = close.map(({ prompt }) => ({ a: 'w', b: 'x', score: 1 as const, weight: 1, prompt }));
    const { models } = rate([...close, ...won], { seed: 1 });
    expect(models.find(({ model }) => model === 'w')?.rank).toEqual({ rank: 1, lower: 1, upper: 1 });
    expect(rate(close, { rounds: 0 }).models.map(({ rank }) => rank)).toEqual([null, null]);
  });
});
