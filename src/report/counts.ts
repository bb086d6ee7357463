import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import { competitorPlayer } from '../models/roster';
import type { JointOutcome } from './agreement';
import type { Arenas } from './arenas';
import type { PartySpend } from './document';
import type { BattleGroup } from './outcomes';

/** What this run calls its players: a stored player has the name of the run that entered it first. */
export async function namesOf(
  pool: Pool,
  { id, config }: { id: string; config: Config },
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string; name: string }>(
    `select players.id, coalesce(substr(checkpoints.id, length($1) + 2), players.name) as name
       from players left join checkpoints on checkpoints.player = players.id and checkpoints.run = $1
      where players.id in (select player_a from battles join arenas on arenas.id = arena where run = $1
                     union select player_b from battles join arenas on arenas.id = arena where run = $1)`,
    [id],
  );
  const names = new Map(rows.map((row) => [row.id, row.name]));
  // A recorded player's identity holds its name already, and would need its file here.
  for (const player of config.competitors) if ('url' in player) names.set(competitorPlayer(player).id, player.id);
  return names;
}

/** The name of the judge of some arenas. */
export async function judgeOf(pool: Pool, arenas: readonly string[]): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    'select name from judges where id in (select judge from arenas where id = any($1)) order by name',
    [arenas],
  );
  return rows.map(({ name }) => name).join(', ');
}

/** How the battles of some arenas ended, counted in the database: few rows, however many the battles. */
export async function battleGroups(
  pool: Pool,
  arenas: readonly string[],
  names: ReadonlyMap<string, string>,
): Promise<BattleGroup[]> {
  const { rows } = await pool.query<BattleGroup>(
    `select player_a as a, player_b as b, outcome, one.verdict as "aFirst", two.verdict as "bFirst", count(*)::int as battles
       from battles join arenas on arenas.id = battles.arena
       left join games one on one.judge = arenas.judge and one.prompt = battles.prompt and one.first = player_a and one.second = player_b
       left join games two on two.judge = arenas.judge and two.prompt = battles.prompt and two.first = player_b and two.second = player_a
      where battles.arena = any($1) group by 1, 2, 3, 4, 5`,
    [arenas],
  );
  return rows.map((row) => ({ ...row, a: names.get(row.a) ?? row.a, b: names.get(row.b) ?? row.b }));
}

/** Battles that both judges decided; both arenas of a step were planned with the players in the same order. */
export async function jointOutcomes(pool: Pool, { evaluation, data }: Arenas): Promise<JointOutcome[]> {
  const { rows } = await pool.query<JointOutcome>(
    `select one.outcome as evaluation, two.outcome as data, count(*)::int as battles
       from battles one join battles two on two.prompt = one.prompt and two.player_a = one.player_a and two.player_b = one.player_b
      where one.arena = any($1) and two.arena = any($2) and one.outcome is not null and two.outcome is not null group by 1, 2`,
    [evaluation, data],
  );
  return rows;
}

/** What a run spent on each player and judge, the dearest first. */
export async function spendByParty(pool: Pool, run: string, names: ReadonlyMap<string, string>): Promise<PartySpend[]> {
  const { rows } = await pool.query<PartySpend & { party: string }>(
    `select party, coalesce(judges.name, party) as name, case when judges.id is null then 'player' else 'judge' end as role,
            count(*)::int as calls, count(error)::int as "failedCalls",
            sum(prompt_tokens + completion_tokens)::float8 as tokens, sum(usd)::float8 as usd
       from ledger left join judges on judges.id = party
      where run = $1 group by party, judges.id, judges.name order by usd desc, calls desc, party`,
    [run],
  );
  return rows.map(({ party, name, ...row }) => ({ name: names.get(party) ?? name, ...row }));
}
