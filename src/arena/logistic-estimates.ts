import { fitLogistic, type CovariateGames } from './logistic';
import { logisticSandwich } from './logistic-sandwich';
import { studentQuantile } from './student-t';
import type { GameClusters } from './style-games';

/** An estimate with its cluster-robust t interval; the ends and `se` are null with one cluster only. */
export interface Estimate {
  value: number;
  se: number | null;
  lower: number | null;
  upper: number | null;
}

/** Estimates shift + scale · c · (log-strengths, then coefficients), with an interval from the sandwich and Student's t. */
export type EstimateContrast = (contrast: Float64Array, scale?: number, shift?: number) => Estimate;

/**
 * Fits the games once and estimates contrasts from it. Null where there is no maximum, see `fitLogistic`.
 * Source of the interval: Cameron and Miller, J. Human Resources 50 (2015), 317-372, on t with G - 1 degrees of freedom.
 */
export function logisticEstimates(
  games: CovariateGames,
  ridge: Float64Array,
  clusters: GameClusters,
  confidence: number,
): EstimateContrast | null {
  const parameters = fitLogistic(games, ridge);
  if (parameters === null) return null;
  const enough = clusters.count > 1;
  const variance = enough ? logisticSandwich(games, parameters, ridge, clusters) : null;
  const t = enough ? studentQuantile(confidence, clusters.count - 1) : 0;
  return (contrast, scale = 1, shift = 0) => {
    const value = shift + scale * contrast.reduce((sum, c, i) => sum + c * parameters[i]!, 0);
    if (variance === null) return { value, se: null, lower: null, upper: null };
    const se = scale * Math.sqrt(variance(contrast));
    return { value, se, lower: value - t * se, upper: value + t * se };
  };
}
