import { InputError } from './input-error';

/** A model's place in a rating table; a null end has no limit on that side. */
export interface RatedInterval {
  model: string;
  rating: number;
  lower: number | null;
  upper: number | null;
}

/** How well a candidate arena tells what a reference tells, in percent (spearman times 100). */
export interface Consistency {
  /** Models in both tables; only they take part. */
  models: number;
  pairs: number;
  /** Rank correlation of the ratings; null where one of the tables rates all alike. */
  spearman: number | null;
  /** Mean over the pairs that the reference separates: +1 same way, -1 other way, 0 not separated; null without such pairs. */
  agreement: number | null;
  /** Share of all pairs that the candidate separates. */
  differentiation: number;
  /** Mean of the three; null where one is. */
  average: number | null;
}

export interface ConsistencyOptions {
  /** Models that take no part. */
  without?: readonly string[];
}

/**
 * Spearman, human agreement and differentiation with 95% intervals, and their average.
 * Source: arXiv 2407.10627; rules in shared/method.md. Intervals that only touch count as separated.
 * Errors (InputError): fewer than two models in both tables, a name in `without` that is not in both.
 */
export function consistency(
  reference: readonly RatedInterval[],
  candidate: readonly RatedInterval[],
  { without = [] }: ConsistencyOptions = {},
): Consistency {
  const common = inBoth(reference, candidate);
  for (const name of without) {
    if (common.some((row) => row.candidate.model === name)) continue;
    throw new InputError(
      `${JSON.stringify(name)} is not in both tables, so it cannot be left out; choose one of: ${common.map((row) => row.candidate.model).join(', ')}`,
    );
  }
  const both = common.filter((row) => !without.includes(row.candidate.model));
  if (both.length < 2) {
    const left = without.length > 0 ? ` besides ${without.join(', ')}` : '';
    throw new InputError(
      `the tables have ${both.length === 0 ? 'no model' : 'one model only'} in common${left}; at least two are needed, with the same names in both`,
    );
  }
  let pairs = 0;
  let separated = 0;
  let agreed = 0;
  let separatedByReference = 0;
  for (let i = 0; i < both.length; i++) {
    for (let j = 0; j < i; j++) {
      const mine = separation(both[i]!.candidate, both[j]!.candidate);
      const its = separation(both[i]!.reference, both[j]!.reference);
      pairs += 1;
      separated += Math.abs(mine);
      separatedByReference += Math.abs(its);
      agreed += mine * its;
    }
  }
  const correlation = spearman(
    both.map((row) => row.reference.rating),
    both.map((row) => row.candidate.rating),
  );
  const rank = correlation === null ? null : 100 * correlation;
  const agreement = separatedByReference === 0 ? null : (100 * agreed) / separatedByReference;
  const differentiation = (100 * separated) / pairs;
  return {
    models: both.length,
    pairs,
    spearman: rank,
    agreement,
    differentiation,
    average: rank === null || agreement === null ? null : (rank + agreement + differentiation) / 3,
  };
}

/**
 * Models in both tables whose interval has no width in one of them: they fix that table's scale, and such an interval is
 * separated from nearly all others for that reason alone. Empty where fewer than two other models would be left (a table without
 * intervals has no anchor to tell).
 */
export function anchorsOf(reference: readonly RatedInterval[], candidate: readonly RatedInterval[]): string[] {
  const fixed = (row: RatedInterval): boolean => row.lower !== null && row.lower === row.upper;
  const common = inBoth(reference, candidate);
  const anchors = common.filter((row) => fixed(row.reference) || fixed(row.candidate));
  return common.length - anchors.length < 2 ? [] : anchors.map((row) => row.candidate.model);
}

function inBoth(
  reference: readonly RatedInterval[],
  candidate: readonly RatedInterval[],
): { reference: RatedInterval; candidate: RatedInterval }[] {
  const known = new Map(reference.map((row) => [row.model, row]));
  return candidate.flatMap((row) => {
    const other = known.get(row.model);
    return other ? [{ reference: other, candidate: row }] : [];
  });
}

/** 1 where the intervals put a above b, -1 below, 0 where they overlap in more than a point. */
function separation(a: RatedInterval, b: RatedInterval): -1 | 0 | 1 {
  if (a.rating > b.rating && (a.lower ?? -Infinity) >= (b.upper ?? Infinity)) return 1;
  if (a.rating < b.rating && (a.upper ?? Infinity) <= (b.lower ?? -Infinity)) return -1;
  return 0;
}

/** Spearman's rank correlation with average ranks for ties; null where one side has no spread. */
function spearman(x: readonly number[], y: readonly number[]): number | null {
  const a = averageRanks(x);
  const b = averageRanks(y);
  const middle = (x.length + 1) / 2;
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  a.forEach((rank, i) => {
    product += (rank - middle) * (b[i]! - middle);
    squareA += (rank - middle) ** 2;
    squareB += (b[i]! - middle) ** 2;
  });
  return squareA > 0 && squareB > 0 ? product / Math.sqrt(squareA * squareB) : null;
}

function averageRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((p, q) => p - q);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}
