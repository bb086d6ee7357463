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

interface Roster {
  players: Map<string, Player>;
  checkpoints: Servable[];
}

/** Everybody who plays in a run, by player id, under the names that this run gives them. */
export async function rosterOf(pool: Pool, run: string, config: Config): Promise<Roster> {
  const { players, checkpoints } = await callableOf(pool, run, config);
  for (const competitor of await competitorsOf(config)) players.set(competitor.id, competitor);
  return { players, checkpoints };
}

/** Those who can be asked: a worker that plays battles need not see files of recorded answers, which are in the database. */
export async function callableOf(pool: Pool, run: string, config: Config): Promise<Roster> {
  const checkpoints = (await checkpointsOf(pool, run)).map(({ id, path, sha256 }) => ({
    id,
    path,
    sha256,
    label: id.slice(run.length + 1),
    base: targetOf(config).base,
  }));
  const players = [
    ...config.competitors.flatMap((player) => ('answers' in player ? [] : [competitorPlayer(player)])),
    ...checkpoints.map((checkpoint) => checkpointPlayer(config, checkpoint)),
  ];
  return { players: new Map(players.map((player) => [player.id, player])), checkpoints };
}
