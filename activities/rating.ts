import { pairedDifference, type PairedDifference } from '../src/arena/paired-difference';
import { rate } from '../src/arena/rate';
import type { Anchor, Observation, RatingTable } from '../src/arena/types';
import type { Config } from '../src/config/schema';
import { seedFrom } from '../src/identity';
import { saveLeaderboard } from '../src/store/results';
import type { Interval, ModelRef, Place, RatedPlayer } from '../workflows/types';
import { asActivity, labelOf, runOf } from './context';
import type { Deps } from './deps';
import { rosterOf } from './roster';

export interface RateRequest {
  run: string;
  place: Place;
  judge: 'evaluation' | 'data';
  /** All evaluation arenas of the run's finished steps, and this one: they are fitted together. */
  arenas: string[];
  /** The model that this evaluation is about, and the champion that it is compared with. */
  model: ModelRef;
  champion: ModelRef | null;
}

export interface RateResult {
  rating: Interval;
  table: RatedPlayer[];
}

/** A leaderboard as stored: the table and the paired difference to the champion from the same resamples. */
export interface LeaderboardBody {
  table: RatingTable;
  model: string;
  difference: (PairedDifference & { champion: string }) | null;
}

export function createRatingActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /** Fits all evaluation battles of the run together and publishes the leaderboard of this step. */
    rateRun: ({ run, place, judge, arenas, model, champion }: RateRequest): Promise<RateResult> =>
      asActivity(async () => {
        const { config } = await runOf(deps, run);
        const { players } = await rosterOf(deps, run, config);
        const observations = await observe(arenas, (id) => players.get(id)?.name ?? id);
        const options = { resample: 'prompt', rounds: config.evaluation.bootstrapRounds, seed: seedFrom(config.seed, 'bootstrap') } as const;
        const table = rate(observations, { ...options, anchor: anchorOf(config) });
        const compared = champion !== null && champion.label !== model.label ? champion.label : null;
        const difference = compared === null ? null : { ...pairedDifference(observations, model.label, compared, options), champion: compared };
        const body: LeaderboardBody = { table, model: model.label, difference };
        const { round, stage, attempt } = place;
        await saveLeaderboard(pool, { run, label: labelOf(place), judge, round, stage, attempt, body });
        const rows = table.models.map(({ model: player, rating, lower, upper }) => ({ player, rating, lower, upper }));
        const own = rows.find(({ player }) => player === model.label);
        if (!own) throw new Error(`${model.label} has no readable game in ${arenas.join(', ')}.`);
        const { rating, lower, upper } = own;
        return { rating: { rating, lower, upper }, table: rows.slice(0, 20) };
      }),
  };

  /** Each readable game is half an observation; the two games of a battle, and all on one prompt, are resampled together. */
  async function observe(arenas: readonly string[], nameOf: (player: string) => string): Promise<Observation[]> {
    const { rows } = await pool.query<{ a: string; b: string; verdict: string; prompt: string }>(
      `select distinct on (games.prompt, first, second) first as a, second as b, verdict, games.prompt
         from battles
         join arenas on arenas.id = battles.arena
         join games on games.judge = arenas.judge and games.prompt = battles.prompt
          and ((first = player_a and second = player_b) or (first = player_b and second = player_a))
        where battles.arena = any($1) and battles.outcome not in ('invalid', 'failed')
        order by games.prompt, first, second`,
      [arenas],
    );
    return rows.map(({ a, b, verdict, prompt }) => ({ a: nameOf(a), b: nameOf(b), score: verdict === 'win' ? 1 : verdict === 'tie' ? 0.5 : 0, weight: 0.5, prompt }));
  }
}

function anchorOf({ anchor, competitors }: Config): Anchor {
  return anchor ?? { models: competitors.filter(({ joins }) => joins === 0).map(({ id }) => id), mean: 1000 };
}
