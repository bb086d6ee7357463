import type { Pool } from 'pg';
import type { Anchor, Observation } from '../arena/types';
import type { Config } from '../config/schema';
import { rosterOf } from '../models/run-roster';
import { gamesOfArenas } from './games';

/**
 * The games of some arenas of a run as observations, under the names of that run. Each readable game is half an
 * observation; the two games of a battle, and all on one prompt, are resampled together.
 */
export async function observeArenas(
  pool: Pool,
  run: string,
  config: Config,
  arenas: readonly string[],
): Promise<Observation[]> {
  const { players } = await rosterOf(pool, run, config);
  const nameOf = (player: string) => players.get(player)?.name ?? player;
  const games = await gamesOfArenas(pool, arenas);
  return games.map(({ first, second, verdict, prompt }) => ({
    a: nameOf(first),
    b: nameOf(second),
    score: verdict === 'win' ? 1 : verdict === 'tie' ? 0.5 : 0,
    weight: 0.5,
    prompt,
  }));
}

/** What fixes a run's scale: its anchor, or the initial competitors' mean of 1000. */
export function anchorOf({ anchor, competitors }: Config): Anchor {
  return anchor ?? { models: competitors.filter(({ joins }) => joins === 0).map(({ id }) => id), mean: 1000 };
}
