import { studentQuantile } from '../../arena/student-t';

/** A measure with its interval. All but `n` are null where the data do not determine them. */
export interface Measure {
  value: number | null;
  /**
   * Standard error and 95% interval: delete-one-question jackknife. Where every question says the same there is no interval: a standard
   * error of 0 is no certainty.
   */
  se: number | null;
  lower: number | null;
  upper: number | null;
  /** What was counted: pairs of votes, or battles. */
  n: number;
}

/** One term of the sums that a measure is computed from, and the question it belongs to. */
export interface Term<Sums extends readonly number[]> {
  question: string;
  sums: Sums;
}

/**
 * A function of sums over judgements, with an interval that treats all judgements on one question as one piece of evidence:
 * se² = (G - 1)/G Σ_g (θ_(g) - mean θ)², θ_(g) without question g of G, and Student's t with G - 1 degrees of freedom.
 * The first sum is the count `n`. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 11.5; Cameron and
 * Miller, J. Human Resources 50 (2015), section III.C, for clusters and t.
 * @param estimate is null where the sums do not determine the measure.
 */
export function clustered<Sums extends readonly number[]>(
  terms: readonly Term<Sums>[],
  estimate: (sums: readonly number[]) => number | null,
): Measure {
  const width = terms[0]?.sums.length ?? 1;
  const total = Array.from({ length: width }, () => 0);
  const questions = new Map<string, number[]>();
  for (const { question, sums } of terms) {
    let own = questions.get(question);
    if (!own) questions.set(question, (own = Array.from({ length: width }, () => 0)));
    for (let k = 0; k < width; k++) {
      own[k]! += sums[k]!;
      total[k]! += sums[k]!;
    }
  }
  const without = [...questions.values()].map((own) => estimate(total.map((sum, k) => sum - own[k]!)));
  return { ...interval(estimate(total), without), n: total[0]! };
}

/** Value and jackknife interval from the estimates without each cluster in turn. */
export function interval(value: number | null, without: readonly (number | null)[]): Omit<Measure, 'n'> {
  const known = without.filter((one) => one !== null);
  const count = known.length;
  if (value === null || count < 2 || count < without.length) return { value, se: null, lower: null, upper: null };
  const mean = known.reduce((sum, one) => sum + one, 0) / count;
  const se = Math.sqrt(((count - 1) / count) * known.reduce((sum, one) => sum + (one - mean) ** 2, 0));
  if (se === 0) return { value, se, lower: null, upper: null };
  const t = studentQuantile(0.95, count - 1);
  return { value, se, lower: value - t * se, upper: value + t * se };
}

/** The second sum's share of the first, the count. */
export function share([n, hits]: readonly number[]): number | null {
  return n ? hits! / n : null;
}
