import { solve } from './cholesky';
import { addDerivative, informationFactor, residual, type CovariateGames } from './logistic';
import type { GameClusters } from './style-games';

/**
 * Cluster-robust variance of contrasts c of log-strengths and coefficients: cᵀ V c with
 * V = G/(G-1) · H⁻¹ (Σ_g u_g u_gᵀ) H⁻¹, u_g the gradient of cluster g's games and G the number of clusters, at least two. With a ridge
 * the penalty is in H only: the bias that it brings is not covered. Null where H is singular in double precision.
 * Source: Liang and Zeger, Biometrika 73 (1986), 13-22.
 */
export function logisticSandwich(
  games: CovariateGames,
  parameters: Float64Array,
  ridge: Float64Array,
  clusters: GameClusters,
): ((contrast: Float64Array) => number) | null {
  const factor = informationFactor(games, parameters, ridge);
  if (factor === null) return null;
  const meat = sumOfSquaredGradients(games, parameters, clusters);
  const n = parameters.length;
  return (contrast) => {
    const direction = solve(factor, contrast.slice());
    let sum = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += direction[i]! * meat[i * n + j]! * direction[j]!;
    return (Math.max(sum, 0) * clusters.count) / (clusters.count - 1);
  };
}

/** Σ_g u_g u_gᵀ; a cluster touches few players, so its square is summed over those (and the features) alone. */
function sumOfSquaredGradients(games: CovariateGames, parameters: Float64Array, clusters: GameClusters): Float64Array {
  const n = parameters.length;
  const meat = new Float64Array(n * n);
  const gradient = new Float64Array(n);
  const features = Array.from({ length: games.features }, (_, k) => games.size + k);
  const rows = Array.from({ length: clusters.count }, (): number[] => []);
  clusters.of.forEach((unit, r) => rows[unit]!.push(r));
  for (const members of rows) {
    const touched = new Set(features);
    for (const r of members) {
      addDerivative(games, r, residual(games, parameters, r), gradient);
      touched.add(games.first[r]!).add(games.second[r]!);
    }
    for (const i of touched) for (const j of touched) meat[i * n + j]! += gradient[i]! * gradient[j]!;
    for (const i of touched) gradient[i] = 0;
  }
  return meat;
}
