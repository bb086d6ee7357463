import { logLikelihood, type BradleyTerryFit } from './bradley-terry';
import { meetings, reach } from './components';
import { InputError } from './input-error';
import { among, mirrored, type PairCounts } from './pair-counts';
import { profileLowerEnd } from './profile';

/** Where a player stands that the likelihood does not place: its distance from the reference (natural log) at the one end that is finite. */
export interface Outside {
  end: number | null;
  side: 'unbounded-above' | 'unbounded-below' | 'both' | 'disconnected';
}

/**
 * A player outside the core group, relative to the mean of `reference` (players of the core). All results between the two go
 * one way, so one end of its interval is infinite; the other is the finite end of the profile-likelihood interval.
 */
export function outsideOf(
  core: readonly number[],
  reference: readonly number[],
  player: number,
  counts: PairCounts,
  fit: BradleyTerryFit,
): Outside {
  const met = meetings(counts);
  if (reach(counts, met, player)[core[0]!] === 1) {
    return bounded('unbounded-above', lowerEnd(core[0]!, reference, player, counts, fit));
  }
  if (reach(counts, met, player, true)[core[0]!] === 1) {
    const turned = { ...fit, theta: fit.theta.map((value) => -value) };
    return bounded('unbounded-below', lowerEnd(core[0]!, reference, player, mirrored(counts), turned));
  }
  return { end: null, side: 'disconnected' };
}

/**
 * The same where no two players are linked both ways, so that there is no core: the reference is the mean of the player and
 * of all below (or above) it.
 */
export function outsideOfAll(player: number, counts: PairCounts, fit: BradleyTerryFit): Outside {
  const met = meetings(counts);
  const below = members(reach(counts, met, player));
  const above = members(reach(counts, met, player, true));
  if (below.length > 1 && above.length > 1) return { end: null, side: 'both' };
  if (below.length > 1) return bounded('unbounded-above', lowerEnd(player, below, player, counts, fit));
  if (above.length > 1) return bounded('unbounded-below', lowerEnd(player, above, player, mirrored(counts), fit));
  return { end: null, side: 'disconnected' };
}

/** The end that the profile found, seen from the side asked for. */
function bounded(side: 'unbounded-above' | 'unbounded-below', end: number | null): Outside {
  if (end === null) return { end, side: 'both' };
  return { end: side === 'unbounded-above' ? end : -end, side };
}

/** Lower end for a player from which a chain of wins leads to the reference. */
function lowerEnd(
  corePlayer: number,
  reference: readonly number[],
  player: number,
  counts: PairCounts,
  fit: BradleyTerryFit,
): number | null {
  const met = meetings(counts);
  const below = reach(counts, met, player);
  const above = reach(counts, met, corePlayer, true);
  // Everyone else is free to go to infinity, where the games against these cost no likelihood.
  const trapped = members(below).filter((other) => above[other] === 1 || reference.includes(other));
  const { counts: inside } = among(counts, trapped);
  const theta = Float64Array.from(trapped, (other) => fit.theta[other]!);
  // Games between groups cost nothing either as the player rises: the supremum is the sum over the groups.
  const supremum = fit.groups
    .map((group) => trapped.flatMap((other, index) => (group.includes(other) ? [index] : [])))
    .map((group) =>
      logLikelihood(
        among(inside, group).counts,
        Float64Array.from(group, (index) => theta[index]!),
      ),
    )
    .reduce((sum, value) => sum + value, 0);
  const at = (other: number): number => trapped.indexOf(other);
  try {
    return profileLowerEnd(inside, at(player), reference.map(at), theta, supremum);
  } catch (error) {
    // Weights so uneven that the evidence for a limit drowns beside the rest: there is no limit that we could state.
    if (InputError.isInstance(error)) return null;
    throw error;
  }
}

function members(marks: Uint8Array): number[] {
  return Array.from(marks.keys()).filter((index) => marks[index] === 1);
}
