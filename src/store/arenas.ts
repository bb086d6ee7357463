import type { Pool, PoolClient } from 'pg';
import type { Outcome } from '../arena/outcome';
import { piecesOf } from '../pieces';
import { bulkInsert } from './bulk';
import { inTransaction } from './transaction';

export type Purpose = 'training' | 'gate' | 'evaluation';

export interface Arena {
  id: string;
  run: string;
  round: number;
  stage: string;
  attempt: number;
  purpose: Purpose;
  judge: string;
  size: number;
}

/** A battle as planned, and once played with its outcome (for player a) and margin (mean score of a minus b). */
export interface Battle {
  position: number;
  prompt: string;
  playerA: string;
  playerB: string;
  outcome: Outcome | null;
  margin: number | null;
}

/** A battle before it is played; `weight` is how much its games count, 1 where it is absent. */
export type PlannedBattle = Pick<Battle, 'prompt' | 'playerA' | 'playerB'> & { weight?: number };

export interface PlayedBattle {
  position: number;
  outcome: Outcome;
  margin: number | null;
  /** Initials of both games' verdicts for player a, such as `wt`; null where there are none. */
  verdicts: string | null;
  /** Why it failed; null otherwise. */
  problem: string | null;
}

/** Battles on one prompt at most: the pairs of 100 players. */
const MOST_PAIRS = 4950;

export type OutcomeCounts = Record<Outcome, number>;

/** Stores an arena and its planned battles, whole or not at all; an arena that stands is left as it is. Returns its size. */
export async function saveArena(pool: Pool, arena: Arena, battles: readonly PlannedBattle[]): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into arenas (id, run, round, stage, attempt, purpose, judge, size) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
      [arena.id, arena.run, arena.round, arena.stage, arena.attempt, arena.purpose, arena.judge, arena.size],
    );
    if (rowCount) await insertBattles(client, arena.id, battles, 0);
    const { rows } = await client.query<{ size: number }>('select size from arenas where id = $1', [arena.id]);
    return rows[0]?.size ?? arena.size;
  });
}

/** Plans more battles of an arena that has `size` now, whole or not at all; where it has grown already nothing changes. Returns its size. */
export async function growArena(
  pool: Pool,
  arena: string,
  size: number,
  battles: readonly PlannedBattle[],
): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query('update arenas set size = $3::int where id = $1 and size = $2::int', [
      arena,
      size,
      size + battles.length,
    ]);
    if (rowCount) await insertBattles(client, arena, battles, size);
    const { rows } = await client.query<{ size: number }>('select size from arenas where id = $1', [arena]);
    return rows[0]?.size ?? size;
  });
}

async function insertBattles(
  client: PoolClient,
  arena: string,
  battles: readonly PlannedBattle[],
  from: number,
): Promise<void> {
  let position = from;
  for (const piece of piecesOf(battles, 5000))
    await bulkInsert(
      client,
      'battles',
      [
        ['arena', 'text'],
        ['position', 'int'],
        ['prompt', 'text'],
        ['playerA', 'text'],
        ['playerB', 'text'],
        ['weight', 'real'],
      ],
      piece.map((battle) => ({ weight: 1, ...battle, arena, position: position++ })),
      'refuse',
    );
}

export async function loadArena(pool: Pool, id: string): Promise<Arena | null> {
  const { rows } = await pool.query<Arena>(
    'select id, run, round, stage, attempt, purpose, judge, size from arenas where id = $1',
    [id],
  );
  return rows[0] ?? null;
}

/** Condition of the battles ($1: arena) of the prompts that begin at positions $2 to before $3, whole; $4: MOST_PAIRS. */
const WHOLE_PROMPTS = `arena = $1 and position >= $2 and position < $3::int + $4::int
  and battles.prompt is distinct from (select prompt from battles where arena = $1 and position = $2::int - 1)
  and (position < $3 or battles.prompt = (select prompt from battles where arena = $1 and position = $3::int - 1))`;

/**
 * Battles of the prompts that begin at positions `from` … `to` - 1, whole: an answer that several battles need is then asked for by one
 * batch only. The battles of a prompt stand together.
 */
export async function loadWholePrompts(pool: Pool, arena: string, from: number, to: number): Promise<Battle[]> {
  const { rows } = await pool.query<Battle>(
    `select position, prompt, player_a as "playerA", player_b as "playerB", outcome, margin from battles
      where ${WHOLE_PROMPTS} order by position`,
    [arena, from, to, MOST_PAIRS],
  );
  return rows;
}

/** A battle with the mean score of each player over its two games; null where a game or a score is missing. */
export interface ScoredBattle {
  position: number;
  prompt: string;
  a: string;
  b: string;
  outcome: Outcome | null;
  scoreA: number | null;
  scoreB: number | null;
}

type ScoredRow = [number, string, string, string, Outcome | null, number | null, number | null];

/** As `loadWholePrompts`, with the scores of the arena's judge: read so in one go, because an arena may hold millions of games. */
export async function loadScoredBattles(
  pool: Pool,
  { id, judge }: Pick<Arena, 'id' | 'judge'>,
  from: number,
  to: number,
): Promise<ScoredBattle[]> {
  const { rows } = await pool.query<ScoredRow>({
    name: 'scored-battles',
    rowMode: 'array',
    text: `select position, battles.prompt, player_a, player_b, outcome,
                  (one.score_first::float8 + two.score_second) / 2, (one.score_second::float8 + two.score_first) / 2
             from battles
             left join games one on one.judge = $5 and one.prompt = battles.prompt and one.first = player_a and one.second = player_b
             left join games two on two.judge = $5 and two.prompt = battles.prompt and two.first = player_b and two.second = player_a
            where ${WHOLE_PROMPTS} order by position`,
    values: [id, from, to, MOST_PAIRS, judge],
  });
  return rows.map(([position, prompt, a, b, outcome, scoreA, scoreB]) => ({
    ...{ position, prompt, a, b, outcome, scoreA, scoreB },
  }));
}

/** Writes the outcomes of played battles; an outcome that stands is only replaced where it was `failed`. */
export async function saveOutcomes(pool: Pool, arena: string, played: readonly PlayedBattle[]): Promise<void> {
  if (played.length === 0) return;
  const positions = played.map(({ position }) => position);
  await pool.query({
    name: 'save-outcomes',
    text: `update battles set outcome = row.outcome, margin = row.margin, verdicts = row.verdicts, problem = row.problem
             from unnest($2::int[], $3::text[], $4::real[], $5::text[], $6::text[]) as row(position, outcome, margin, verdicts, problem)
            where arena = $1 and battles.position = row.position
              -- A batch's range: before the table's size is known, the planner may walk the whole arena for each of its battles.
              and battles.position between $7 and $8 and (battles.outcome is null or battles.outcome = 'failed')`,
    values: [
      arena,
      positions,
      played.map((b) => b.outcome),
      played.map((b) => b.margin),
      played.map((b) => b.verdicts),
      played.map((b) => b.problem),
      positions.reduce((least, position) => Math.min(least, position), Infinity),
      positions.reduce((most, position) => Math.max(most, position), -Infinity),
    ],
  });
}

/** How many battles of an arena ended how. */
export async function countOutcomes(pool: Pool, arena: string): Promise<OutcomeCounts> {
  const counts: OutcomeCounts = { win: 0, loss: 0, tie: 0, inconsistent: 0, invalid: 0, failed: 0 };
  const { rows } = await pool.query<{ outcome: Outcome | null; n: number }>(
    'select outcome, count(*)::int as n from battles where arena = $1 group by outcome',
    [arena],
  );
  for (const { outcome, n } of rows) if (outcome) counts[outcome] += n;
  return counts;
}

/** The most frequent reason why battles of an arena failed. */
export async function commonProblem(pool: Pool, arena: string): Promise<string | null> {
  const { rows } = await pool.query<{ problem: string }>(
    'select problem from battles where arena = $1 and problem is not null group by problem order by count(*) desc limit 1',
    [arena],
  );
  return rows[0]?.problem ?? null;
}

/** Forgets the failed outcomes of an arena, so that its battles are played again; answers and games stay. */
export async function reopenFailed(pool: Pool, arena: string): Promise<number> {
  const { rowCount } = await pool.query(
    `update battles set outcome = null, problem = null where arena = $1 and outcome = 'failed'`,
    [arena],
  );
  return rowCount ?? 0;
}

/** Battles of an arena with the initials of both games' verdicts for player a, null where they are not readable. */
export async function verdictsOf(
  pool: Pool,
  arena: string,
): Promise<(Pick<Battle, 'prompt' | 'playerA' | 'playerB'> & { verdicts: string | null })[]> {
  const { rows } = await pool.query<Pick<Battle, 'prompt' | 'playerA' | 'playerB'> & { verdicts: string | null }>(
    `select prompt, player_a as "playerA", player_b as "playerB",
            case when outcome not in ('invalid', 'failed') then verdicts end as verdicts
       from battles where arena = $1 order by position`,
    [arena],
  );
  return rows;
}
