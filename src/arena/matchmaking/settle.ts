import { fitBradleyTerry } from '../bradley-terry';
import { tableOf } from '../battle-table';
import { among } from '../pair-counts';
import { contrastVariance, sandwich } from '../sandwich';
import { studentQuantile } from '../student-t';
import { tallyTable } from '../tally';
import type { Observation } from '../types';

/** Two players of an arena, in the order of its list. */
export type Pair = readonly [a: string, b: string];

export interface Settled {
  pair: Pair;
  /** Who stands above the other. */
  winner: string;
  /** Prompts that the pair had played then. */
  prompts: number;
}

/**
 * Which of some pairs one look settles: those whose difference of ratings, in the joint fit of all games so far, lies further from
 * zero than Student's t allows at the error of one pair and one look. The standard error is clustered by prompt (prompts - 1
 * degrees of freedom). A pair that the fit does not place, because results go one way only, is settled by the sign test over its
 * prompts. `error` is that of one test, two-sided.
 */
export function settlePairs(
  observations: readonly Observation[],
  pairs: readonly Pair[],
  error: number,
): Omit<Settled, 'prompts'>[] {
  const tallied = tallyTable(tableOf(observations));
  const units = tallied.byPrompt();
  if (units.count < 2) return [];
  const { theta, groups } = fitBradleyTerry(tallied.counts);
  const core = groups.reduce((best, group) => (group.length > best.length ? group : best), []);
  const place = new Map(core.map((player, index) => [tallied.models[player]!, index]));
  const inCore = among(tallied.counts, core);
  const strengths = Float64Array.from(core, (player) => theta[player]!);
  const covariance = core.length > 1 ? sandwich(inCore.counts, units.among(inCore.cells), strengths, true) : null;
  const reach = studentQuantile(1 - error, units.count - 1);
  return pairs.flatMap((pair) => {
    const [a, b] = pair;
    const [i, j] = [place.get(a), place.get(b)];
    if (covariance === null || i === undefined || j === undefined) {
      const winner = signTest(observations, pair, error);
      return winner === null ? [] : [{ pair, winner }];
    }
    const difference = strengths[i]! - strengths[j]!;
    const se = Math.sqrt(contrastVariance(covariance, core.length, i, [j]));
    return Math.abs(difference) > reach * se ? [{ pair, winner: difference > 0 ? a : b }] : [];
  });
}

/** Who scored more than half on more prompts, if that is as unlikely as `error` between equals (exact, two-sided); else null. */
function signTest(observations: readonly Observation[], [a, b]: Pair, error: number): string | null {
  const lead = new Map<string, number>();
  for (const { a: first, b: second, score, weight, prompt } of observations) {
    if (prompt === null || !((first === a && second === b) || (first === b && second === a))) continue;
    const forA = first === a ? score : 1 - score;
    lead.set(prompt, (lead.get(prompt) ?? 0) + weight * (forA - 0.5));
  }
  const signs = [...lead.values()].map(Math.sign).filter((sign) => sign !== 0);
  const above = signs.filter((sign) => sign > 0).length;
  const more = Math.max(above, signs.length - above);
  return 2 * upperTail(signs.length, more) < error ? (above === more ? a : b) : null;
}

/** P(at least `more` of n fair coins). */
function upperTail(n: number, more: number): number {
  let term = 0.5 ** n;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    if (k >= more) sum += term;
    term = (term * (n - k)) / (k + 1);
  }
  return sum;
}
