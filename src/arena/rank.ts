import { InputError } from './input-error';
import { quantile } from './quantile';

/** Ranks count from 1, the best; they are whole or, for ties, halves. */
export interface RankInterval {
  /** Median of the rank over the rounds. */
  rank: number;
  /** Best and worst rank of the 95% interval, rounded outwards to whole ranks. */
  lower: number;
  upper: number;
}

/**
 * The rank that published arena tables show, in the order of the rows: 1 plus the number of models whose interval lies wholly
 * above mine. A null end has no limit, so a model without an upper end is always first. Models that nobody separates share a rank.
 * Source: FastChat, serve/monitor/monitor.py `recompute_final_ranking`.
 */
export function ranksFromIntervals(rows: readonly { lower: number | null; upper: number | null }[]): number[] {
  const lowers = Float64Array.from(rows, ({ lower }) => lower ?? -Infinity).sort();
  return rows.map(({ upper }) => 1 + lowers.length - countUpTo(lowers, upper ?? Infinity));
}

/** How many of the ascending values are ≤ limit. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * 95% intervals of the ranks from joint bootstrap draws: draws[model][round], higher is better, the same resample for all models
 * of a round. Equal draws share the mean of their ranks; ±∞ are draws like others (two at +∞ tie at the top). A NaN draw, a model
 * that the resample does not compare, may stand anywhere: it widens its own interval and those of the others.
 * Errors (InputError): models with different numbers of rounds, no rounds.
 * Source: ranks as uncertain as the scores behind them, Goldstein and Spiegelhalter, J. R. Stat. Soc. A 159 (1996), 385-443.
 */
export function rankIntervals(draws: readonly Float64Array[]): RankInterval[] {
  const rounds = draws[0]?.length ?? 0;
  if (draws.some((own) => own.length !== rounds))
    throw new InputError('the models have different numbers of bootstrap rounds; give each one draw per round');
  if (draws.length > 0 && rounds === 0)
    throw new InputError('ranks need bootstrap rounds; set rounds to 1 or more (1,000 by default)');
  const best = draws.map(() => new Float64Array(rounds));
  const worst = draws.map(() => new Float64Array(rounds));
  for (let round = 0; round < rounds; round++) {
    const known = draws.flatMap((own, model) => (Number.isNaN(own[round]!) ? [] : [model]));
    const unknown = draws.length - known.length;
    known.sort((x, y) => compare(draws[y]![round]!, draws[x]![round]!));
    for (let from = 0; from < known.length;) {
      const value = draws[known[from]!]![round]!;
      let to = from + 1;
      while (to < known.length && value === draws[known[to]!]![round]) to += 1;
      const shared = (from + 1 + to) / 2;
      for (; from < to; from++) {
        best[known[from]!]![round] = shared;
        worst[known[from]!]![round] = shared + unknown;
      }
    }
    draws.forEach((own, model) => {
      if (!Number.isNaN(own[round]!)) return;
      best[model]![round] = 1;
      worst[model]![round] = draws.length;
    });
  }
  return draws.map((_, model) => {
    const middle = best[model]!.map((rank, round) => (rank + worst[model]![round]!) / 2);
    return {
      rank: quantile(middle.sort(), 0.5),
      lower: Math.floor(quantile(best[model]!.sort(), 0.025)),
      upper: Math.ceil(quantile(worst[model]!.sort(), 0.975)),
    };
  });
}

/** A difference would be NaN for two infinities. */
function compare(x: number, y: number): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
