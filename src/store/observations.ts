import type { Pool } from 'pg';
import { observationsOf, type BattleTable } from '../arena/battle-table';
import type { Anchor, Observation } from '../arena/types';
import type { Config } from '../config/schema';
import { rosterOf } from '../models/run-roster';
import { ratingTable } from './rating-table';

/**
 * The games of some arenas of a run, under the names of that run. Each readable game is half an observation; the two games of a
 * battle, and all on one prompt, are resampled together.
 */
export async function tableOfArenas(
  pool: Pool,
  run: string,
  config: Config,
  arenas: readonly string[],
): Promise<BattleTable> {
  const { players } = await rosterOf(pool, run, config);
  return ratingTable(pool, arenas, (player) => players.get(player)?.name ?? player);
}

/** As `tableOfArenas`, one by one. */
export async function observeArenas(
  pool: Pool,
  run: string,
  config: Config,
  arenas: readonly string[],
): Promise<Observation[]> {
  return [...observationsOf(await tableOfArenas(pool, run, config, arenas))];
}

/** What fixes a run's scale: its anchor, or the initial competitors' mean of 1000. */
export function anchorOf({ anchor, competitors }: Config): Anchor {
  return anchor ?? { models: competitors.filter(({ joins }) => joins === 0).map(({ id }) => id), mean: 1000 };
}
