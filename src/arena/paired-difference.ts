import { tableOf, type BattleTable } from './battle-table';
import { InputError } from './input-error';
import { rateAround } from './rate';
import type { Flag, Observation, RateOptions } from './types';

export interface PairedDifference {
  /** rating(a) - rating(b), in rating points; the median of the resamples or the fit, as `point` says. */
  difference: number;
  fit: number;
  lower: number | null;
  upper: number | null;
  se: number | null;
  flags?: Flag[];
  warnings: string[];
}

/**
 * How much better a is than b, with an interval of its own: both come from one joint fit of all observations and from the same
 * resamples (those of `rate` with the same seed), so what they share cancels. That is the rating of a with b fixed at 0.
 * Errors: as `rate`; a or b did not take part.
 */
export function pairedDifference(
  observations: readonly Observation[],
  a: string,
  b: string,
  options: Omit<RateOptions, 'anchor'> = {},
): PairedDifference {
  return tableDifference(tableOf(observations), a, b, options);
}

/** As `pairedDifference`, of battles in columns. */
export function tableDifference(
  battles: BattleTable,
  a: string,
  b: string,
  options: Omit<RateOptions, 'anchor'> = {},
): PairedDifference {
  const table = rateAround(battles, { ...options, anchor: { model: b, rating: 0 } }, true);
  const row = table.models.find(({ model }) => model === a);
  if (row === undefined) throw new InputError(`${JSON.stringify(a)} is not among the models; choose one that played`);
  const { rating, fit, lower, upper, se, flags } = row;
  return { difference: rating, fit, lower, upper, se, ...(flags ? { flags } : {}), warnings: table.warnings };
}
