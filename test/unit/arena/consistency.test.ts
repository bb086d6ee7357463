import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorsOf, consistency, type RatedInterval } from '../../../src/arena/consistency';
import { csvRecords } from '../../../src/arena/csv';
import { describeShared, SHARED } from './helpers';

const at = (model: string, rating: number, down = 0, up = down): RatedInterval => ({
  model,
  rating,
  lower: rating - down,
  upper: rating + up,
});

describeShared("the paper's headline (../shared/data/wizardarena-mix.csv)", () => {
  // The file gives distances from the rating, and leaves the column empty where LMSYS has no rating.
  const table = (name: string): RatedInterval[] => {
    const file = join(SHARED, 'wizardarena-mix.csv');
    const [header, ...rows] = [...csvRecords(readFileSync(file, 'utf8'), file)].map(({ fields }) => fields);
    return rows.flatMap((fields) => {
      const cell = (column: string): string => fields[header!.indexOf(`${name}_${column}`)]!;
      return cell('rating') === ''
        ? []
        : [at(fields[0]!, Number(cell('rating')), Number(cell('lower')), Number(cell('upper')))];
    });
  };

  it('gives 99.23, 99.11, 98.02 and 98.79', () => {
    const result = consistency(table('lmsys'), table('mix'));
    expect(result.spearman!.toFixed(2)).toBe('99.23');
    expect(result.agreement!.toFixed(2)).toBe('99.11');
    expect(result.differentiation.toFixed(2)).toBe('98.02');
    expect(result.average!.toFixed(2)).toBe('98.79');
    expect(result.models).toBe(table('lmsys').length);
  });

  it('knows the anchor, and is the same without it as on tables that never held it', () => {
    const [reference, candidate] = [table('lmsys'), table('mix')];
    const anchors = anchorsOf(reference, candidate);
    expect(anchors).toEqual(['Llama-2-70B-Chat']);
    const never = (rows: RatedInterval[]): RatedInterval[] => rows.filter(({ model }) => model !== 'Llama-2-70B-Chat');
    const result = consistency(reference, candidate, { without: anchors });
    expect(result).toEqual(consistency(never(reference), never(candidate)));
    expect(result.models).toBe(reference.length - 1);
  });
});

describe('consistency', () => {
  it('counts intervals that only touch as separated, and those that overlap as not', () => {
    const reference = [at('a', 1000), at('b', 1100)];
    expect(consistency(reference, [at('a', 1000, 5), at('b', 1010, 5)])).toMatchObject({
      differentiation: 100,
      agreement: 100,
    });
    expect(consistency(reference, [at('a', 1000, 5), at('b', 1009, 5)])).toMatchObject({
      differentiation: 0,
      agreement: 0,
    });
    expect(consistency([at('a', 1000, 50), at('b', 1100, 50)], reference).agreement).toBe(100);
  });

  it('counts touching intervals as separated on each side: upper end on lower end, in either table', () => {
    const touching = [at('low', 1000, 10), at('high', 1020, 10)];
    const apart = [at('low', 1000, 1), at('high', 1020, 1)];
    const turned = [at('low', 1020, 10), at('high', 1000, 10)];
    expect(consistency(touching, touching)).toMatchObject({ agreement: 100, differentiation: 100 });
    // Were the reference's touching pair open, there would be no agreement to tell.
    expect(consistency(touching, apart).agreement).toBe(100);
    expect(consistency(touching, turned)).toMatchObject({ agreement: -100, differentiation: 100 });
    const overlapping = [at('low', 1000, 10), at('high', 1020, 10 + 1e-9)];
    expect(consistency(overlapping, overlapping)).toMatchObject({ agreement: null, differentiation: 0 });
  });

  it('separates an anchor of no width from what its own point would not, and leaves it out on request', () => {
    const reference = [at('a', 900, 20), at('anchor', 1000, 20), at('b', 1030, 20)];
    const candidate = [at('a', 900, 20), at('anchor', 1000, 0), at('b', 1030, 30)];
    expect(anchorsOf(reference, candidate)).toEqual(['anchor']);
    expect(anchorsOf(candidate, reference)).toEqual(['anchor']);
    expect(consistency(reference, candidate)).toMatchObject({ pairs: 3, differentiation: 100 });
    expect(consistency(reference, candidate, { without: ['anchor'] })).toMatchObject({ models: 2, pairs: 1 });
  });

  it('finds no anchor in tables without intervals, or where too few models would be left', () => {
    const points = [at('a', 1), at('b', 2), at('c', 3)];
    expect(anchorsOf(points, points)).toEqual([]);
    expect(anchorsOf([at('a', 1, 1), at('b', 2)], [at('a', 1, 1), at('b', 2)])).toEqual([]);
    const open = [...points.map(({ model, rating }) => ({ model, rating, lower: null, upper: null }))];
    expect(anchorsOf(open, open)).toEqual([]);
  });

  it('refuses to leave out what does not take part, and too many', () => {
    const rows = [at('a', 1), at('b', 2)];
    expect(() => consistency(rows, rows, { without: ['ghost'] })).toThrow(
      /"ghost" is not in both tables, so it cannot be left out; choose one of: a, b/,
    );
    expect(() => consistency(rows, rows, { without: ['a'] })).toThrow(/one model only in common besides a;/);
  });

  it('counts +1, 0 and -1 over the pairs that the reference separates', () => {
    const reference = [at('a', 1, 0.1), at('b', 2, 0.1), at('c', 3, 0.1), at('d', 3.05, 0.1)];
    // a-b other way, a-c same, b-c same, a-d not separated, b-d not separated; c-d does not count for agreement.
    const candidate = [at('a', 2, 0.1), at('b', 1, 0.1), at('c', 5, 0.1), at('d', 5.5, 9)];
    const result = consistency(reference, candidate);
    expect(result.pairs).toBe(6);
    expect(result.agreement).toBeCloseTo((100 * (1 + 1 - 1)) / 5, 10);
    expect(result.differentiation).toBeCloseTo(50, 10);
    expect(result.spearman).toBeCloseTo(80, 10);
    expect(result.average).toBeCloseTo((20 + 50 + 80) / 3, 10);
  });

  it('ranks ties by their average', () => {
    const reference = [at('a', 1), at('b', 2), at('c', 2), at('d', 3)];
    const candidate = [at('a', 1), at('b', 2), at('c', 3), at('d', 4)];
    // Pearson of (1, 2.5, 2.5, 4) and (1, 2, 3, 4).
    expect(consistency(reference, candidate).spearman).toBeCloseTo(100 * (4.5 / Math.sqrt(4.5 * 5)), 10);
  });

  it('takes only models of both tables, and refuses when too few are left', () => {
    const result = consistency([at('a', 1), at('b', 2), at('x', 9)], [at('b', 2), at('y', 0), at('a', 1)]);
    expect(result).toMatchObject({ models: 2, pairs: 1, average: 100 });
    expect(() => consistency([at('a', 1)], [at('a', 1)])).toThrow(/one model only in common; at least two/);
    expect(() => consistency([at('a', 1)], [at('b', 1)])).toThrow(/no model in common/);
  });

  it('has no figure, and no NaN, where nothing can be told', () => {
    const flat = [at('a', 1, 1), at('b', 1, 1)];
    expect(consistency(flat, flat)).toMatchObject({
      spearman: null,
      agreement: null,
      differentiation: 0,
      average: null,
    });
    const open = [at('a', 1), { model: 'b', rating: 5, lower: null, upper: null }];
    expect(consistency([at('a', 1), at('b', 2)], open).differentiation).toBe(0);
  });
});
