import type { PerCriterion } from './criteria';

/** The data judge pays well for form: three parts of 1.2 against 2 for correctness. */
export const DATA_WEIGHTS: PerCriterion<number> = [2, 1, 1, 1, 1, 1.2, 1.2, 1.2];

/** The evaluation judge pays for correctness, and so sees through an answer that is only polite. */
export const EVALUATION_WEIGHTS: PerCriterion<number> = [6, 1, 1, 1, 1, 0.4, 0.4, 0.4];

/** Noise-free score of an answer, from 1 (nothing met) to 10 (all met): 1 + 9 x the weighted mean of the criteria. */
export function score(met: PerCriterion<number>, weights: PerCriterion<number>): number {
  let paid = 0;
  let most = 0;
  for (const [index, weight] of weights.entries()) {
    paid += weight * (met[index] as number);
    most += weight;
  }
  return 1 + (9 * paid) / most;
}
