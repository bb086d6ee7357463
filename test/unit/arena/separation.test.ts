import { POINTS } from '../../../src/arena/bradley-terry';
import { sfc32 } from '../../../src/arena/random';
import { rate } from '../../../src/arena/rate';
import type { Observation, RatingTable } from '../../../src/arena/types';
import { battle, simulate, times } from './helpers';

const row = (table: RatingTable, model: string) => table.models.find((rated) => rated.model === model)!;
const core = simulate({ seed: 8, strengths: [0.5, 0, -0.5], prompts: 40 });
const onPrompts = (count: number, a: string, b: string, score: 0 | 1): Observation[] =>
  Array.from({ length: count }, (_, index) => battle(a, b, score, `p${index % 40}`));

/** Twice the log-likelihood lost where n wins in a row are explained by a difference d: the limit is 3.841. */
const differenceAtLimit = (wins: number): number => {
  const win = Math.exp(-3.841458820694124 / (2 * wins));
  return Math.log(win / (1 - win));
};

/** Minus the logarithm of a win's probability at the difference x. */
const cost = (x: number): number => Math.log1p(Math.exp(-x));

function expectSound(table: RatingTable): void {
  for (const { rating, fit, lower, upper, se } of table.models) {
    expect(Number.isFinite(rating) && Number.isFinite(fit)).toBe(true);
    for (const value of [lower, upper, se]) expect(value === null || Number.isFinite(value)).toBe(true);
  }
}

describe('separation', () => {
  it('rates a model that won everything by the lower end, and leaves the others as they are without it', () => {
    const table = rate([...core, ...onPrompts(30, 'top', 'm0', 1), ...onPrompts(30, 'top', 'm2', 1)]);
    const alone = rate(core);
    const top = row(table, 'top');
    expect(top).toMatchObject({ flags: ['unbounded-above'], upper: null, se: null, wins: 60, battles: 60 });
    expect(top.lower).toBe(top.rating);
    expect(top.rating).toBeGreaterThan(row(table, 'm0').rating);
    for (const { model, fit, se, lower } of alone.models) {
      expect(row(table, model)).toMatchObject({ fit, se, lower });
    }
    expect(table.warnings.join()).toMatch(/go one way.*top/);
    expectSound(table);
  });

  it('rates a model that lost everything by the upper end: the mirror image', () => {
    const up = rate([...core, ...onPrompts(9, 'x', 'm0', 1), ...onPrompts(5, 'x', 'm2', 1)], { rounds: 0 });
    const turned = [...core, ...onPrompts(9, 'x', 'm0', 1), ...onPrompts(5, 'x', 'm2', 1)].map((one): Observation => ({
      ...one,
      a: one.b,
      b: one.a,
    }));
    const down = rate(turned, { rounds: 0 });
    expect(row(down, 'x')).toMatchObject({ flags: ['unbounded-below'], lower: null });
    expect(row(down, 'x').upper! - 1000).toBeCloseTo(1000 - row(up, 'x').lower!, 6);
  });

  it('finds the end of the interval in closed form against a fixed opponent', () => {
    const table = rate(times(7, battle('a', 'b', 1)), { anchor: { model: 'b', rating: 500 } });
    expect(row(table, 'b')).toMatchObject({ rating: 500, lower: 500, upper: 500 });
    expect(row(table, 'a').lower).toBeCloseTo(500 + POINTS * differenceAtLimit(7), 6);
    expect(row(table, 'a').upper).toBeNull();
  });

  it('handles one battle only: both models at their finite ends around the mean', () => {
    const table = rate([battle('a', 'b', 1)]);
    const half = (POINTS * differenceAtLimit(1)) / 2;
    expect(row(table, 'a')).toMatchObject({ flags: ['unbounded-above'], upper: null });
    expect(row(table, 'b')).toMatchObject({ flags: ['unbounded-below'], lower: null });
    expect(row(table, 'a').lower).toBeCloseTo(1000 + half, 6);
    expect(row(table, 'b').upper).toBeCloseTo(1000 - half, 6);
    expectSound(table);
  });

  it('handles a chain in which each beats the next: the middle has no limit on either side', () => {
    const table = rate([...times(5, battle('a', 'b', 1)), ...times(5, battle('b', 'c', 1))]);
    expect(row(table, 'a').flags).toEqual(['unbounded-above']);
    expect(row(table, 'b')).toMatchObject({ flags: ['unbounded-above', 'unbounded-below'], lower: null, upper: null });
    expect(row(table, 'c').flags).toEqual(['unbounded-below']);
    expectSound(table);
  });

  it('takes in what lies between a model and the rest', () => {
    // top never met the core; it beat middle, and middle beat the core: the two limits add up to one interval.
    const table = rate([...core, ...onPrompts(8, 'top', 'middle', 1), ...onPrompts(8, 'middle', 'm1', 1)], {
      rounds: 0,
    });
    expect(row(table, 'top').flags).toEqual(['unbounded-above']);
    expect(row(table, 'middle').flags).toEqual(['unbounded-above']);
    // Brute force over the middle's place, the core held at its fit, which with 40 prompts hardly gives way.
    const start = row(table, 'm1').fit;
    const deviance = (rating: number): number => {
      let best = Infinity;
      for (let between = start - 800; between < rating + 800; between += 0.5) {
        best = Math.min(best, 16 * (cost((rating - between) / POINTS) + cost((between - start) / POINTS)));
      }
      return best;
    };
    expect(deviance(row(table, 'top').rating)).toBeGreaterThan(3.7);
    expect(deviance(row(table, 'top').rating)).toBeLessThan(4.3);
  });

  it('puts groups that never met on scales of their own, and says so', () => {
    const other = core.map((one) => ({ ...one, a: `other-${one.a}`, b: `other-${one.b}` }));
    const table = rate([...core, ...core.map((one) => ({ ...one, prompt: `q${one.prompt}` })), ...other]);
    for (const model of ['other-m0', 'other-m1', 'other-m2']) {
      expect(row(table, model)).toMatchObject({ flags: ['disconnected'], lower: null, upper: null, se: null });
    }
    expect(row(table, 'm0').flags).toBeUndefined();
    expect(table.warnings.join()).toMatch(/mean nothing beside them: other-m0, other-m1, other-m2/);
    expectSound(table);
  });

  it('shows players without a battle, and an arena without any', () => {
    const table = rate(core, { players: ['m0', 'newcomer'] });
    expect(row(table, 'newcomer')).toMatchObject({ battles: 0, flags: ['disconnected'], lower: null, upper: null });
    const empty = rate([], { players: ['a', 'b'] });
    expect(empty.models.map(({ flags }) => flags)).toEqual([['disconnected'], ['disconnected']]);
    expectSound(empty);
  });

  it('still holds the scale when the anchor lost everything, and says how', () => {
    const battles = [...core, ...onPrompts(20, 'm0', 'base', 1), ...onPrompts(20, 'm1', 'base', 1)];
    const table = rate(battles, { anchor: { model: 'base', rating: 800 } });
    const alone = rate(core);
    expect(row(table, 'base')).toMatchObject({ rating: 800, upper: 800, lower: null, flags: ['unbounded-below'] });
    expect(row(table, 'm0').fit - row(table, 'm2').fit).toBeCloseTo(row(alone, 'm0').fit - row(alone, 'm2').fit, 8);
    expect(table.warnings.join()).toMatch(/The anchor base is among them/);
    expectSound(table);
  });

  it('lets separated resamples open the interval instead of hiding them', () => {
    // One prompt of 40 holds the only loss of m9: a third of the resamples lack it.
    const battles = [...core, ...onPrompts(40, 'm9', 'm0', 1), battle('m0', 'm9', 1, 'p3')];
    const table = rate(battles);
    expect(row(table, 'm9')).toMatchObject({ upper: null, flags: ['unbounded-above'] });
    expect(row(table, 'm9').lower).toBeGreaterThan(row(table, 'm0').rating);
    expect(row(table, 'm0').flags).toBeUndefined();
    expectSound(table);
  });

  it('knows nothing of two models where half of the resamples hold one winner only, of neither of the two', () => {
    const table = rate([battle('a', 'b', 1, 'p1'), battle('a', 'b', 1, 'p1'), battle('a', 'b', 0, 'p2')]);
    for (const model of ['a', 'b'])
      expect(row(table, model)).toMatchObject({
        ...{ lower: null, upper: null },
        flags: ['unbounded-above', 'unbounded-below'],
      });
    expectSound(table);
  });

  it('opens both ends where the anchors fall apart into equal halves, the upper end above and the lower end below', () => {
    // p2 holds the only win of the lower pair over the upper one: in a third of the resamples it is missing.
    const halves = Array.from({ length: 30 }, (_, at): Observation[] => [
      battle('u1', 'u2', at % 2 === 0 ? 1 : 0, `p${at}`),
      battle('l1', 'l2', at % 2 === 0 ? 1 : 0, `p${at}`),
      battle('u1', 'l1', at === 2 ? 0 : 1, `p${at}`),
    ]).flat();
    const table = rate(halves);
    for (const model of ['u1', 'u2'])
      expect(row(table, model)).toMatchObject({ upper: null, flags: ['unbounded-above'] });
    for (const model of ['l1', 'l2'])
      expect(row(table, model)).toMatchObject({ lower: null, flags: ['unbounded-below'] });
    expect(row(table, 'u1').lower).toBeGreaterThan(row(table, 'l1').upper!);
    expectSound(table);
  });

  it('sets no limit on a tiny fraction of a battle', () => {
    const table = rate([...core, { ...battle('faint', 'm0', 1, 'p1'), weight: 0.01 }]);
    expect(row(table, 'faint')).toMatchObject({
      lower: null,
      upper: null,
      flags: ['unbounded-above', 'unbounded-below'],
    });
  });

  it('never gives NaN or an interval upside down on thin random data', () => {
    const random = sfc32(17);
    const pick = (below: number): number => Math.floor((random() / 2 ** 32) * below);
    for (let trial = 0; trial < 400; trial++) {
      const players = 2 + pick(6);
      const battles = Array.from({ length: 1 + pick(14) }, (): Observation => {
        const a = pick(players);
        const b = (a + 1 + pick(players - 1)) % players;
        const score = ([0, 0, 0.5, 1, 1] as const)[pick(5)]!;
        return { a: `m${a}`, b: `m${b}`, score, weight: [1, 0.5, 3, 0.01, 100][pick(5)]!, prompt: `p${pick(4)}` };
      });
      const table = rate(
        battles,
        trial % 2 === 0 ? { rounds: 20 } : { rounds: 20, anchor: { model: battles[0]!.a, rating: 900 } },
      );
      expectSound(table);
      for (const { lower, upper, flags } of table.models) {
        expect(lower ?? -Infinity).toBeLessThanOrEqual(upper ?? Infinity);
        // An end is missing only for a reason that the row or the table names.
        if (lower === null || upper === null) expect(flags !== undefined || table.clusters === 1).toBe(true);
      }
    }
  });

  it('names weights that are too uneven to fit', () => {
    const one = battle('a', 'b', 0.5);
    const uneven = [
      { ...one, weight: 1e300 },
      { ...battle('b', 'c', 0.5), weight: 1e-300 },
      { ...battle('a', 'c', 1), weight: 1e300 },
    ];
    expect(() => rate(uneven)).toThrow(/weight: the weights of the battles are too uneven/);
  });
});
