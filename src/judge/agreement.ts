/** Units (games) that raters (a jury's members) judged in the same way, counted once. */
export interface RatedUnits {
  /** Each rater's value, in the raters' order; null: none. */
  values: readonly (string | null)[];
  units: number;
}

export interface Agreement {
  /** Units that at least two raters gave a value. */
  units: number;
  /** Share of the pairs of values on one unit that are the same; null where there is no pair. */
  pairwise: number | null;
  /** Krippendorff's alpha for nominal values: 1 full agreement, 0 as by chance, null where all values are the same. */
  alpha: number | null;
}

/**
 * How far raters agree. Krippendorff's alpha (Computing Krippendorff's Alpha-Reliability, 2011, section C) rather than
 * Fleiss' kappa, because it takes units that not all raters gave a value. Memory grows with the patterns, not the units.
 */
export function agreementOf(patterns: readonly RatedUnits[]): Agreement {
  const totals = new Map<string, number>();
  let units = 0;
  let pairs = 0;
  let samePairs = 0;
  let agreeing = 0;
  for (const { values, units: n } of patterns) {
    const counts = countsOf(values);
    const given = sum(counts.values());
    if (given < 2) continue;
    const same = sum([...counts.values()].map((count) => count * (count - 1)));
    units += n;
    pairs += n * given * (given - 1);
    samePairs += n * same;
    agreeing += (n * same) / (given - 1);
    for (const [value, count] of counts) totals.set(value, (totals.get(value) ?? 0) + n * count);
  }
  const all = sum(totals.values());
  const byChance = sum([...totals.values()].map((total) => total * (total - 1))) / (all - 1);
  return {
    units,
    pairwise: pairs === 0 ? null : samePairs / pairs,
    alpha: totals.size < 2 ? null : (agreeing - byChance) / (all - byChance),
  };
}

function countsOf(values: readonly (string | null)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
