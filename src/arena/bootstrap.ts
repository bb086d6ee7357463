import { informationFactor, maximise, surplus } from './bradley-terry';
import { solve } from './cholesky';
import { components, isConnected, meetings, reach, type Meetings } from './components';
import { among, type PairCounts } from './pair-counts';
import { sfc32 } from './random';
import type { Units } from './units';

/** Largest change in log-strength at which a refit has converged; about 4e-7 rating points are left. */
const CONVERGED = 1e-9;
/** A chord step that shrinks by less than this leaves the rest to Newton. */
const CONTRACTION = 0.7;

/**
 * Bootstrap of a connected fit: whole units are drawn with replacement and the likelihood maximised anew.
 * Returns for each player its draws, in round order: log-strength minus the mean of the anchors'. A player that the resample
 * separates from the anchors is at ±∞; one that it does not compare with them at all is NaN.
 */
export function bootstrap(
  counts: PairCounts,
  units: Units,
  fit: Float64Array,
  anchors: readonly number[],
  { rounds, seed }: { rounds: number; seed: number },
): Float64Array[] {
  const draws = Array.from(fit, () => new Float64Array(rounds));
  const factor = informationFactor(counts, fit);
  const met = meetings(counts);
  const draw = units.resampler(sfc32(seed));
  const drawn: PairCounts = { ...counts, games: counts.games.slice(), scores: counts.scores.slice() };
  for (let round = 0; round < rounds; round++) {
    draw(drawn);
    if (isConnected(drawn, met)) {
      const theta = refit(drawn, fit, factor);
      const zero = mean(theta, anchors);
      for (let i = 0; i < theta.length; i++) draws[i]![round] = theta[i]! - zero;
    } else {
      separated(drawn, fit, anchors).forEach((value, i) => (draws[i]![round] = value));
    }
  }
  return draws;
}

/** Maximum likelihood near a known one: chord iteration with that one's information matrix, else Newton. */
function refit(counts: PairCounts, near: Float64Array, factor: Float64Array): Float64Array {
  const theta = near.slice();
  const step = new Float64Array(theta.length);
  let before = Infinity;
  for (;;) {
    solve(factor, surplus(counts, theta, step));
    let size = 0;
    for (let i = 0; i < theta.length; i++) {
      theta[i]! += step[i]!;
      size = Math.max(size, Math.abs(step[i]!));
    }
    if (size < CONVERGED) return theta;
    if (!(size < CONTRACTION * before)) return maximise(counts, near);
    before = size;
  }
}

/** A resample in which not everyone is finite: those linked both ways with most anchors are fitted, the others placed around them. */
function separated(counts: PairCounts, fit: Float64Array, anchors: readonly number[]): Float64Array {
  const anchored = (group: readonly number[]): number[] => group.filter((player) => anchors.includes(player));
  const core = components(counts).reduce((best, group) => {
    const gain = anchored(group).length - anchored(best).length;
    return gain > 0 || (gain === 0 && group.length > best.length) ? group : best;
  });
  const met = meetings(counts);
  if (2 * anchored(core).length <= anchors.length) return withoutScale(counts, met, anchors);
  const theta = new Float64Array(counts.size).fill(NaN);
  const below = reach(counts, met, core[0]!);
  const above = reach(counts, met, core[0]!, true);
  for (let i = 0; i < counts.size; i++) {
    if (above[i] === 1) theta[i] = Infinity;
    if (below[i] === 1) theta[i] = -Infinity;
  }
  const within = maximise(among(counts, core).counts);
  core.forEach((player, index) => (theta[player] = within[index]!));
  // Where some anchors were lost, those that are left keep their distance from the mean of all.
  const left = anchored(core);
  const zero = mean(theta, left) - (mean(fit, left) - mean(fit, anchors));
  return theta.map((value) => value - zero);
}

/**
 * A resample in which no group holds most of the anchors, so that nobody stands for their mean: a player that is above some of them without
 * end, and below none, is at +∞, the reverse at -∞, and of the others nothing is known.
 */
function withoutScale(counts: PairCounts, met: Meetings, anchors: readonly number[]): Float64Array {
  return Float64Array.from({ length: counts.size }, (_, player) => {
    const below = reach(counts, met, player);
    const above = reach(counts, met, player, true);
    const rises = anchors.some((anchor) => below[anchor] === 1 && above[anchor] === 0);
    const falls = anchors.some((anchor) => above[anchor] === 1 && below[anchor] === 0);
    return rises === falls ? NaN : rises ? Infinity : -Infinity;
  });
}

/** Mean of some entries. */
export function mean(values: Float64Array, of: readonly number[]): number {
  let sum = 0;
  for (const index of of) sum += values[index]!;
  return sum / of.length;
}
