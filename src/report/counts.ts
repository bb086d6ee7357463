import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import { competitorPlayer } from '../models/roster';
import type { JointOutcome } from './agreement';
import type { Arenas } from './arenas';
import type { PartySpend } from './document';
import type { BattleGroup } from './outcomes';

/**
 * What this run calls its players, by id: a stored player has the name of the run that entered it first. From the configuration and the
 * checkpoints, without a look at millions of battles.
 */
export async function namesOf(
  pool: Pool,
  { id, config }: { id: string; config: Config },
): Promise<Map<string, string>> {
  const { competitors } = config;
  const { rows } = await pool.query<{ id: string; name: string }>(
    `(select player as id, substr(id, length($1) + 2) as name from checkpoints
       where run = $1 and player is not null order by created_at, id)
     union all select id, name from players where name = any($2) and identity ->> 'model' = name`,
    // A recorded player's identity holds its name already, and would need its file here.
    [id, competitors.flatMap((player) => ('url' in player ? [] : [player.id]))],
  );
  const names = new Map(rows.map((row) => [row.id, row.name]));
  for (const player of competitors) if ('url' in player) names.set(competitorPlayer(player).id, player.id);
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

/** A battle's verdicts are for player a; a game with b first is told from b's point of view. */
const OWN = { w: 'win', l: 'loss', t: 'tie', i: 'invalid' } as const;
const MIRRORED = { ...OWN, w: 'loss', l: 'win' } as const;

/**
 * How the battles of some arenas ended, on prompts of one category or of all (null), counted in the database: few rows, however many the
 * battles. Of failed battles no game counts.
 */
export async function battleGroups(
  pool: Pool,
  arenas: readonly string[],
  names: ReadonlyMap<string, string>,
  category: string | null = null,
): Promise<BattleGroup[]> {
  const { rows } = await pool.query<Omit<BattleGroup, 'aFirst' | 'bFirst'> & { verdicts: string | null }>(
    `select player_a as a, player_b as b, outcome, verdicts, count(*)::int as battles from battles
      where arena = any($1) ${category === null ? '' : 'and prompt in (select id from prompts where category = $2)'}
      group by 1, 2, 3, 4`,
    category === null ? [arenas] : [arenas, category],
  );
  return rows.map(({ a, b, verdicts, ...row }) => ({
    ...row,
    a: names.get(a) ?? a,
    b: names.get(b) ?? b,
    aFirst: verdicts === null ? null : OWN[verdicts.charAt(0) as keyof typeof OWN],
    bFirst: verdicts === null ? null : MIRRORED[verdicts.charAt(1) as keyof typeof OWN],
  }));
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
  // A checkpoint's canary is billed to the checkpoint, its answers to the player that it is.
  const label = (party: string) => (party.startsWith(`${run}/`) ? party.slice(run.length + 1) : undefined);
  const parties = new Map<string, PartySpend>();
  for (const { party, name: stored, ...row } of rows) {
    const name = names.get(party) ?? label(party) ?? stored;
    const known = parties.get(`${row.role} ${name}`);
    parties.set(`${row.role} ${name}`, known ? { ...known, ...sum(known, row) } : { name, ...row });
  }
  return [...parties.values()];
}

function sum(one: Omit<PartySpend, 'name' | 'role'>, other: typeof one): typeof one {
  return {
    calls: one.calls + other.calls,
    failedCalls: one.failedCalls + other.failedCalls,
    tokens: one.tokens + other.tokens,
    usd: one.usd + other.usd,
  };
}
