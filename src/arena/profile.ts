import { informationFactor, logLikelihood, newton, surplus } from './bradley-terry';
import { solve } from './cholesky';
import type { PairCounts } from './pair-counts';

/** 95% quantile of χ² with one degree of freedom. */
const CHI_SQUARE = 3.841458820694124;

/** Further away (3,474 points, one win in 500 million) an end says nothing: only evidence of less than a tenth of a battle is so weak. */
const FARTHEST = 20;

/**
 * Lower end of the 95% profile-likelihood interval for `player` minus the mean of `reference` (natural-log strengths; the
 * player may be one of them), where the player lies infinitely high above the others: the difference at which twice the log-likelihood, maximised over everything else, has
 * fallen by 3.841 from its supremum.
 *
 * `counts` hold the games among the players that are trapped between the two (each is linked upwards and downwards with
 * them); `start` their fit, `supremum` the log-likelihood they approach as the player rises. Null: the evidence is too weak for a limit.
 */
export function profileLowerEnd(
  counts: PairCounts,
  player: number,
  reference: readonly number[],
  start: Float64Array,
  supremum: number,
): number | null {
  const contrast = new Float64Array(counts.size);
  for (const other of reference) contrast[other]! -= 1 / reference.length;
  contrast[player]! += 1;

  /** How far beyond the limit the deviance is at this difference, and its slope (the multiplier of the constraint, twice). */
  const at = (difference: number): { excess: number; slope: number } => {
    const theta = start.slice();
    theta[player]! += (difference - dot(contrast, theta)) / contrast[player]!;
    newton(theta, (now) => {
      const factor = informationFactor(counts, now);
      const free = solve(factor, surplus(counts, now));
      const along = solve(factor, contrast.slice());
      const multiplier = dot(contrast, free) / dot(contrast, along);
      return free.map((value, i) => value - multiplier * along[i]!);
    });
    const deviance = 2 * (supremum - logLikelihood(counts, theta));
    return { excess: deviance - CHI_SQUARE, slope: (-2 * surplus(counts, theta)[player]!) / contrast[player]! };
  };

  let difference = 0;
  let point = at(difference);
  for (let stride = 1; point.excess < 0; stride *= 2) {
    if (difference === -FARTHEST) return null;
    difference = Math.max(difference - stride, -FARTHEST);
    point = at(difference);
  }
  // The deviance is convex and falls towards 0, so Newton from its high side climbs to the root without overshooting.
  for (let steps = 0; steps < 100; steps++) {
    const stride = -point.excess / point.slope;
    difference += stride;
    if (Math.abs(stride) < 1e-10) return difference;
    point = at(difference);
  }
  throw new Error('the profile likelihood of a separated model did not converge');
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
