import { tableDifference, type PairedDifference } from '../src/arena/paired-difference';
import { rateTable } from '../src/arena/rate';
import type { RatingTable } from '../src/arena/types';
import { seedFrom } from '../src/identity';
import { anchorOf, tableOfArenas } from '../src/store/observations';
import { saveLeaderboard } from '../src/store/results';
import { labelOf } from '../workflows/steps';
import type { Interval, ModelRef, Place, RatedPlayer } from '../workflows/types';
import { asActivity, runOf } from './context';
import type { Deps } from './deps';

export interface RateRequest {
  run: string;
  place: Place;
  judge: 'evaluation' | 'data';
  /** All evaluation arenas of the run's finished steps, and this one: they are fitted together. */
  arenas: string[];
  /** The model that this evaluation is about, and the champion that it is compared with. */
  model: ModelRef | null;
  champion: ModelRef | null;
}

export interface RateResult {
  /** Of the model; null in an arena of competitors only. */
  rating: Interval | null;
  table: RatedPlayer[];
}

/** A leaderboard as stored: the table and the paired difference to the champion from the same resamples. */
export interface LeaderboardBody {
  table: RatingTable;
  model: string | null;
  difference: (PairedDifference & { champion: string }) | null;
}

/** Rows of a leaderboard as the run's progress shows them, the best 20. */
export function publishedRows({ models }: RatingTable): RatedPlayer[] {
  return models.slice(0, 20).map(({ model: player, rating, lower, upper }) => ({ player, rating, lower, upper }));
}

export function createRatingActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /** Fits all evaluation battles of the run together and publishes the leaderboard of this step. */
    rateRun: ({ run, place, judge, arenas, model, champion }: RateRequest): Promise<RateResult> =>
      asActivity(async () => {
        const { config } = await runOf(deps, run);
        const battles = await tableOfArenas(pool, run, config, arenas);
        const options = {
          resample: 'prompt',
          rounds: config.evaluation.bootstrapRounds,
          seed: seedFrom(config.seed, 'bootstrap'),
        } as const;
        const table = rateTable(battles, { ...options, anchor: anchorOf(config) });
        const compared = model !== null && champion !== null && champion.label !== model.label ? champion.label : null;
        const difference =
          model === null || compared === null
            ? null
            : { ...tableDifference(battles, model.label, compared, options), champion: compared };
        const body: LeaderboardBody = { table, model: model?.label ?? null, difference };
        const { round, stage, attempt } = place;
        await saveLeaderboard(pool, { run, label: labelOf(place), judge, round, stage, attempt, body });
        if (model === null) return { rating: null, table: publishedRows(table) };
        const own = table.models.find((one) => one.model === model.label);
        if (!own) throw new Error(`${model.label} has no readable game in ${arenas.join(', ')}.`);
        const { rating, lower, upper } = own;
        return { rating: { rating, lower, upper }, table: publishedRows(table) };
      }),
  };
}
