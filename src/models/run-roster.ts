import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import { targetOf } from '../config/target';
import { checkpointPlayer, competitorPlayer, type Player } from './roster';
import type { Servable } from '../serving/serving';
import { checkpointsOf } from '../store/artifacts';
import { recordedSha256 } from './recorded-sha256';

/** The competitors of a configuration as players, with the round from which each takes part. */
export function competitorsOf(config: Config): Promise<(Player & { joins: number })[]> {
  return Promise.all(
    config.competitors.map(async (player) => ({
      ...competitorPlayer(player, 'answers' in player ? await recordedSha256(player.answers) : undefined),
      joins: player.joins,
    })),
  );
}

/** Everybody who plays in a run, by player id, under the names that this run gives them. */
export async function rosterOf(
  pool: Pool,
  run: string,
  config: Config,
): Promise<{ players: Map<string, Player>; checkpoints: Servable[] }> {
  const checkpoints = (await checkpointsOf(pool, run)).map(({ id, path, sha256 }) => ({
    id,
    path,
    sha256,
    label: id.slice(run.length + 1),
    base: targetOf(config).base,
  }));
  const players = [
    ...(await competitorsOf(config)),
    ...checkpoints.map((checkpoint) => checkpointPlayer(config, checkpoint)),
  ];
  return { players: new Map(players.map((player) => [player.id, player])), checkpoints };
}
