import { informationFactor } from './bradley-terry';
import { solve } from './cholesky';
import type { PairCounts } from './pair-counts';
import type { Units } from './units';

const GRID = 2 ** 40;

/**
 * Cluster-robust covariance of the log-strengths (n×n, natural-log units; read it through contrasts only):
 * H⁻¹ (Σ_c u_c u_cᵀ) H⁻¹, with u_c the score residuals of cluster c summed per player. `few` multiplies it by G/(G - 1) for G
 * clusters, as Stata and statsmodels do for clustered data; needs two clusters or more. Clusters of one battle go without (HC0).
 * Source: Liang and Zeger, Biometrika 73 (1986), 13-22.
 */
export function sandwich(counts: PairCounts, units: Units, fit: Float64Array, few: boolean): Float64Array {
  const n = counts.size;
  const meat = units.meat(counts, winShares(counts, fit));
  const factor = informationFactor(counts, fit);
  const half = solveRows(factor, meat, n);
  const both = solveRows(factor, transposed(half, n), n);
  return few ? both.map((value) => (value * units.count) / (units.count - 1)) : both;
}

/** Variance of the contrast `player` minus the mean of `others`. */
export function contrastVariance(
  covariance: Float64Array,
  n: number,
  player: number,
  others: readonly number[],
): number {
  const contrast = new Float64Array(n);
  for (const other of others) contrast[other]! -= 1 / others.length;
  contrast[player]! += 1;
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += contrast[i]! * covariance[i * n + j]! * contrast[j]!;
  return Math.max(sum, 0);
}

/**
 * Expected share of each cell's first player, on a grid of 2⁻⁴⁰: sums of millions of them are exact, so that the order of
 * rows cannot change the last digit.
 */
function winShares({ first, second }: PairCounts, theta: Float64Array): Float64Array {
  return Float64Array.from(first, (i, cell) => {
    const share = 1 / (1 + Math.exp(theta[second[cell]!]! - theta[i]!));
    return Math.round(share * GRID) / GRID;
  });
}

/** Every row of a symmetric system's right-hand sides solved. */
function solveRows(factor: Float64Array, rows: Float64Array, n: number): Float64Array {
  const out = rows.slice();
  for (let i = 0; i < n; i++) solve(factor, out.subarray(i * n, (i + 1) * n));
  return out;
}

function transposed(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % n) * n + Math.floor(at / n)]!);
}
