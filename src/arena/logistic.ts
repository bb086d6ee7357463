import { factorise, solve } from './cholesky';

/**
 * Games with covariates, as columns: game r is first[r] against second[r], its first player scored score[r] (0 … 1) with
 * weight[r] > 0, and its covariates lie at x[r · features] … . Parameters are `size` log-strengths, then one
 * coefficient per feature: logit P(first wins) = θ_first - θ_second + x · β.
 */
export interface CovariateGames {
  readonly size: number;
  readonly features: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly x: Float64Array;
  readonly score: Float64Array;
  readonly weight: Float64Array;
}

/** More steps than any maximum needs that double precision can hold: each moves some logit by about ln 2 where none exists. */
const MAX_STEPS = 80;
const CONVERGED = 1e-12;
/** From here on a step that no longer shrinks is rounding error. */
const ROUNDING = 1e-8;
/** 1 - R² of a feature on the models and the features before it; below, it cannot be told from them. */
const COLLINEAR = 1e-10;

/** Logit of game r at these parameters (or its change along a direction). */
export function logit(games: CovariateGames, parameters: Float64Array, r: number): number {
  const { size, features, first, second, x } = games;
  let sum = parameters[first[r]!]! - parameters[second[r]!]!;
  for (let k = 0; k < features; k++) sum += x[r * features + k]! * parameters[size + k]!;
  return sum;
}

/**
 * What the first player of game r scored beyond its expectation, times the weight: w (s - p). Written without that difference, which
 * would be exactly 0 for a sure win, so that separated data would look fitted.
 */
export function residual(games: CovariateGames, parameters: Float64Array, r: number): number {
  const difference = logit(games, parameters, r);
  const odds = Math.exp(-Math.abs(difference));
  const upset = odds / (1 + odds);
  const [win, loss] = difference > 0 ? [1 - upset, upset] : [upset, 1 - upset];
  return games.weight[r]! * (games.score[r]! * loss - (1 - games.score[r]!) * win);
}

/** Adds `amount` times the derivative of game r's logit to a vector of parameters. */
export function addDerivative(games: CovariateGames, r: number, amount: number, into: Float64Array): void {
  const { size, features, first, second, x } = games;
  into[first[r]!]! += amount;
  into[second[r]!]! -= amount;
  for (let k = 0; k < features; k++) into[size + k]! += amount * x[r * features + k]!;
}

/** Gradient of the penalised log-likelihood Σ w (s ln p + (1-s) ln(1-p)) - ½ Σ ridge_i parameter_i². */
export function gradient(games: CovariateGames, parameters: Float64Array, ridge: Float64Array): Float64Array {
  const out = parameters.map((value, i) => -ridge[i]! * value);
  for (let r = 0; r < games.first.length; r++) addDerivative(games, r, residual(games, parameters, r), out);
  return out;
}

/** Minus the Hessian of the penalised log-likelihood (row-major, singular in the common shift of the strengths without a ridge). */
export function information(games: CovariateGames, parameters: Float64Array, ridge: Float64Array): Float64Array {
  const { size, features, first, second, x, weight } = games;
  const n = size + features;
  const matrix = new Float64Array(n * n);
  ridge.forEach((value, i) => (matrix[i * n + i] = value));
  const derivative = new Float64Array(features + 2);
  const at = new Int32Array(features + 2);
  for (let k = 0; k < features; k++) at[k + 2] = size + k;
  for (let r = 0; r < first.length; r++) {
    // p (1 - p) without cancellation where p is near 1.
    const odds = Math.exp(-Math.abs(logit(games, parameters, r)));
    const spread = (weight[r]! * odds) / ((1 + odds) * (1 + odds));
    [at[0], at[1]] = [first[r]!, second[r]!];
    [derivative[0], derivative[1]] = [1, -1];
    for (let k = 0; k < features; k++) derivative[k + 2] = x[r * features + k]!;
    for (let i = 0; i < at.length; i++)
      for (let j = 0; j < at.length; j++) matrix[at[i]! * n + at[j]!]! += spread * derivative[i]! * derivative[j]!;
  }
  return matrix;
}

/**
 * Cholesky factor of the information. Without a ridge the player with most information is held in place, which changes no contrast.
 * Null where it is singular in double precision.
 */
export function informationFactor(
  games: CovariateGames,
  parameters: Float64Array,
  ridge: Float64Array,
): Float64Array | null {
  const matrix = information(games, parameters, ridge);
  if (ridge.every((value) => value === 0)) holdOne(matrix, parameters.length, games.size);
  return factorise(matrix, parameters.length) ? matrix : null;
}

/** Adds to the diagonal of the player that has the largest entry there, so that the common shift is fixed. */
function holdOne(matrix: Float64Array, n: number, size: number): void {
  let held = 0;
  for (let i = 1; i < size; i++) if (matrix[i * (n + 1)]! > matrix[held * (n + 1)]!) held = i;
  matrix[held * (n + 1)]! *= 2;
}

/** The first feature that is a combination of the models and the features before it, or -1. The players must be connected. */
export function collinearFeature(games: CovariateGames): number {
  const { size, features } = games;
  const n = size + features;
  const matrix = information(games, new Float64Array(n), new Float64Array(n));
  holdOne(matrix, n, size);
  for (let k = 0; k < features; k++) {
    const m = size + k + 1;
    const leading = Float64Array.from({ length: m * m }, (_, at) => matrix[Math.floor(at / m) * n + (at % m)]!);
    const whole = leading[m * m - 1]!;
    // The last pivot is what the feature's information keeps beside all before it: (1 - R²) of the whole.
    if (!factorise(leading, m) || leading[m * m - 1]! ** 2 <= COLLINEAR * whole) return k;
  }
  return -1;
}

/**
 * Maximum of the penalised likelihood by Newton's method from 0. A step that moves some game's logit by r is shortened to
 * ln(1 + r)/r of itself, with which it converges from everywhere. Null where there is no maximum: some combination of models and
 * features separates wins from losses.
 * Source: Sun and Tran-Dinh, Math. Programming 178 (2019), §4 (ν = 2; along a step d the third derivative is at most max|x·d| times the second).
 */
export function fitLogistic(games: CovariateGames, ridge: Float64Array): Float64Array | null {
  const parameters = new Float64Array(games.size + games.features);
  let before = Infinity;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const factor = informationFactor(games, parameters, ridge);
    if (factor === null) return null;
    const step = solve(factor, gradient(games, parameters, ridge));
    let range = 0;
    for (let r = 0; r < games.first.length; r++) range = Math.max(range, Math.abs(logit(games, step, r)));
    const length = range > ROUNDING ? Math.log1p(range) / range : 1;
    for (let i = 0; i < parameters.length; i++) parameters[i]! += length * step[i]!;
    if (range <= CONVERGED || (range < ROUNDING && range > before / 2)) return parameters;
    before = range;
  }
  return null;
}
