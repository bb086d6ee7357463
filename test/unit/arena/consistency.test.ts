import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consistency, type RatedInterval } from '../../../src/arena/consistency';
import { csvRecords } from '../../../src/arena/csv';
import { describeShared, SHARED } from './helpers';

const at = (model: string, rating: number, down = 0, up = down): RatedInterval => ({
  model,
  rating,
  lower: rating - down,
  upper: rating + up,
});

describeShared("the paper's headline (../shared/data/wizardarena-mix.csv)", () => {
  it('gives 99.23, 99.11, 98.02 and 98.79', () => {
    const file = join(SHARED, 'wizardarena-mix.csv');
    const [header, ...rows] = [...csvRecords(readFileSync(file, 'utf8'), file)].map(({ fields }) => fields);
    // The file gives distances from the rating, and leaves the column empty where LMSYS has no rating.
    const table = (name: string): RatedInterval[] =>
      rows.flatMap((fields) => {
        const cell = (column: string): string => fields[header!.indexOf(`${name}_${column}`)]!;
        return cell('rating') === ''
          ? []
          : [at(fields[0]!, Number(cell('rating')), Number(cell('lower')), Number(cell('upper')))];
      });
    const result = consistency(table('lmsys'), table('mix'));
    expect(result.spearman!.toFixed(2)).toBe('99.23');
    expect(result.agreement!.toFixed(2)).toBe('99.11');
    expect(result.differentiation.toFixed(2)).toBe('98.02');
    expect(result.average!.toFixed(2)).toBe('98.79');
    expect(result.models).toBe(table('lmsys').length);
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
