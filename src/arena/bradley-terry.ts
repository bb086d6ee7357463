import { factorise, solve } from './cholesky';
import { components } from './components';
import { InputError } from './input-error';
import { among, type PairCounts } from './pair-counts';

/** Rating points per unit of natural-log strength: scale 400, base 10. */
export const POINTS = 400 / Math.LN10;

const MAX_STEPS = 1000;
const CONVERGED = 1e-12;
/** exp stays a normal number up to here, in sums and in products of two as well. */
const LARGEST_EXPONENT = 300;
/** From here on a step that no longer shrinks is rounding error. */
const ROUNDING = 1e-8;

/**
 * Gradient of the log-likelihood at theta: what each player scored beyond what the model expects, P(i beats j) = 1 / (1 + exp(θj - θi)).
 */
export function surplus(counts: PairCounts, theta: Float64Array, out = new Float64Array(counts.size)): Float64Array {
  const { first, second, games, scores } = counts;
  out.fill(0);
  // One exponential per player where none overflows or vanishes; else one per pair.
  const strengths = theta.every((value) => Math.abs(value) < LARGEST_EXPONENT) ? theta.map(Math.exp) : null;
  for (let cell = 0; cell < first.length; cell++) {
    const i = first[cell]!;
    const j = second[cell]!;
    let winsFirst: number;
    let winsSecond: number;
    if (strengths) {
      const a = strengths[i]!;
      const b = strengths[j]!;
      const share = 1 / (a + b);
      winsFirst = a * share;
      winsSecond = b * share;
    } else {
      const difference = theta[i]! - theta[j]!;
      const odds = Math.exp(-Math.abs(difference));
      const upset = odds / (1 + odds);
      winsFirst = difference > 0 ? 1 - upset : upset;
      winsSecond = difference > 0 ? upset : 1 - upset;
    }
    // Is scores - games · winsFirst, without the cancellation when one side wins nearly always.
    const beyond = scores[cell]! * winsSecond - (games[cell]! - scores[cell]!) * winsFirst;
    out[i]! += beyond;
    out[j]! -= beyond;
  }
  return out;
}

/**
 * Cholesky factor of the information matrix (minus the Hessian, n×n). Ratings are only defined up to a shift, so one
 * player, the one with most information, is held where it is by adding to its diagonal: that changes no contrast, and weak links
 * between others are not rounded away.
 * Errors (InputError): weights so uneven that the matrix is singular in double precision.
 */
export function informationFactor(counts: PairCounts, theta: Float64Array): Float64Array {
  const { size, first, second, games } = counts;
  const matrix = new Float64Array(size * size);
  for (let cell = 0; cell < first.length; cell++) {
    const i = first[cell]!;
    const j = second[cell]!;
    const odds = Math.exp(-Math.abs(theta[i]! - theta[j]!));
    const information = (games[cell]! * odds) / ((1 + odds) * (1 + odds));
    matrix[i * size + i]! += information;
    matrix[j * size + j]! += information;
    matrix[i * size + j]! -= information;
    matrix[j * size + i]! -= information;
  }
  let held = 0;
  for (let at = 0; at < matrix.length; at += size + 1) if (matrix[at]! > matrix[held]!) held = at;
  matrix[held]! += matrix[held]! > 0 ? matrix[held]! : 1;
  if (factorise(matrix, size)) return matrix;
  throw tooUneven();
}

/** The only way in which a maximum that exists is not found: some evidence vanishes beside the rest in double precision. */
function tooUneven(): InputError {
  return new InputError(
    'the weights of the battles are too uneven for a fit in double precision; keep them within six orders of magnitude',
    { field: 'weight' },
  );
}

/** The log-likelihood at theta; games of players whose difference is infinite are to be left out. */
export function logLikelihood(counts: PairCounts, theta: Float64Array): number {
  let sum = 0;
  for (let cell = 0; cell < counts.first.length; cell++) {
    const difference = theta[counts.first[cell]!]! - theta[counts.second[cell]!]!;
    const score = counts.scores[cell]!;
    sum -= score * softplus(-difference) + (counts.games[cell]! - score) * softplus(difference);
  }
  return sum;
}

/** ln(1 + eˣ) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Newton's method from theta on, in place. A step whose entries spread over r is shortened to ln(1 + r)/r of itself, with
 * which it converges from everywhere and still quadratically near the end.
 * Errors (InputError): no convergence, which only weights that are far too uneven cause.
 * Source: Sun and Tran-Dinh, Math. Programming 178 (2019), §4 (ν = 2; the likelihood's third derivative is at most r times its second).
 */
export function newton(theta: Float64Array, step: (theta: Float64Array) => Float64Array): Float64Array {
  let before = Infinity;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const direction = step(theta);
    let low = Infinity;
    let high = -Infinity;
    for (const value of direction) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const range = high - low;
    const length = range > ROUNDING ? Math.log1p(range) / range : 1;
    for (let i = 0; i < theta.length; i++) theta[i]! += length * direction[i]!;
    if (range <= CONVERGED || (range < ROUNDING && range > before / 2)) return theta;
    before = range;
  }
  throw tooUneven();
}

/**
 * Maximum likelihood for players that are one strongly connected group: log-strengths with mean 0.
 * `start` need not be near. Without connection the maximum lies at infinity: see `fitBradleyTerry`.
 */
export function maximise(counts: PairCounts, start?: Float64Array): Float64Array {
  const theta = start?.slice() ?? new Float64Array(counts.size);
  if (counts.size > 1) newton(theta, (at) => solve(informationFactor(counts, at), surplus(counts, at)));
  const mean = theta.reduce((sum, value) => sum + value, 0) / theta.length;
  return theta.map((value) => value - mean);
}

export interface BradleyTerryFit {
  /** Natural-log strengths; within each group exact and with mean 0, between groups not comparable. */
  theta: Float64Array;
  /**
   * Players in strongly connected groups. One group: the maximum likelihood is finite. Several: between two of them all
   * results go one way or there are none, and their difference is infinite or unknown.
   */
  groups: number[][];
}

/** Exact Bradley-Terry fit, also of separated data: each strongly connected group by itself. */
export function fitBradleyTerry(counts: PairCounts): BradleyTerryFit {
  const groups = components(counts);
  const theta = new Float64Array(counts.size);
  for (const group of groups) {
    const within = maximise(among(counts, group).counts);
    group.forEach((player, index) => (theta[player] = within[index]!));
  }
  return { theta, groups };
}
