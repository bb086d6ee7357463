import type { RankInterval } from './rank';

/** One game or battle between two players. */
export interface Observation {
  a: string;
  b: string;
  /** a's share: 1 win, 0 loss, ½ tie. */
  score: 0 | 0.5 | 1;
  /** How much it counts: 1 for a whole battle, ½ for one of a battle's two games. Zero counts nothing. */
  weight: number;
  /** The prompt it was played on, null where it is not known. */
  prompt: string | null;
  /** What belongs together when battles are resampled (the two games of one battle); absent: a battle of its own. */
  battle?: string;
}

/** What fixes the scale: one model's rating, or the mean rating of some models (absent: of all). */
export type Anchor = { model: string; rating: number } | { models?: readonly string[]; mean: number };

/** What is resampled, as a whole, in the bootstrap. */
export type Resample = 'prompt' | 'battle';

/**
 * Why an end of an interval is null. `unbounded-above` and `-below`: the data set no limit on that side (in the fit, or
 * in more than 2.5% of the resamples). `disconnected`: no chain of games compares the model with the anchor's group.
 */
export type Flag = 'unbounded-above' | 'unbounded-below' | 'disconnected';

export interface RatedModel {
  model: string;
  /** Rating points: scale 400, base 10. The bootstrap's median or the fit, as the table's `point` says. */
  rating: number;
  /** The maximum-likelihood rating, the same on every seed. */
  fit: number;
  /** 2.5 and 97.5 percentiles of the bootstrap; null: no limit on that side, see `flags`, or unknown, see `warnings`. */
  lower: number | null;
  upper: number | null;
  /** Cluster-robust (sandwich) standard error in rating points, by prompt where prompts are known, else by battle. */
  se: number | null;
  /** Rank among all models with its 95% interval, from the same resamples; null without them. */
  rank: RankInterval | null;
  /** Sums of weights: two games of weight ½ are one battle. */
  battles: number;
  wins: number;
  losses: number;
  ties: number;
  flags?: Flag[];
}

export interface RatingTable {
  /** Best first. */
  models: RatedModel[];
  resample: Resample;
  /** Distinct prompts or battles that were resampled. */
  clusters: number;
  rounds: number;
  seed: number;
  point: 'median' | 'fit';
  anchor: Anchor;
  /** Whole sentences for the reader of the table. */
  warnings: string[];
}

export interface RateOptions {
  /** Default: the mean of all models is 1000. */
  anchor?: Anchor;
  /** Default: by prompt where every observation has one, else by battle with a warning. */
  resample?: Resample;
  /** Bootstrap rounds, default 1,000 (100, the paper's number, makes intervals about 5% too narrow). 0: no intervals. */
  rounds?: number;
  /** Default 0. Same observations, in any order, and same seed: same table. */
  seed?: number;
  /** What `rating` is: the bootstrap's median (default, as in the paper) or the maximum-likelihood fit. */
  point?: 'median' | 'fit';
  /** Players that have a row even if they played nothing. */
  players?: readonly string[];
}
