import type { Pool } from 'pg';
import type { Message } from '../prompts/prompt';

/** A game with its raw judge text, from the point of view of the answer that stood first. */
export interface TracedGame {
  first: string;
  second: string;
  verdict: string;
  scoreFirst: number | null;
  scoreSecond: number | null;
  finishReason: string;
  text: string;
}

/** A battle with both of its games; players and judge by name. */
export interface TracedBattle {
  /** `arena#position`, as training rows name it. */
  battle: string;
  a: string;
  b: string;
  judge: string;
  outcome: string | null;
  margin: number | null;
  games: TracedGame[];
}

export interface TracedAnswer {
  player: string;
  text: string;
  finishReason: string;
  completionTokens: number;
}

export interface TracedPrompt {
  id: string;
  messages: Message[];
  category: string | null;
  source: string;
  originalId: string | null;
  /** Where it stands in files that were imported into pools, and why a pool left it out. */
  pools: { pool: string; file: string; line: number; licence: string | null; dropped: string | null }[];
  /** Its part in each split: test, gate, slice-1 ... */
  parts: { split: string; part: string; position: number }[];
}

/** A prompt by its id, or by the beginning of it where only one begins so. */
export async function tracePrompt(pool: Pool, id: string): Promise<TracedPrompt | null> {
  const { rows } = await pool.query<Omit<TracedPrompt, 'parts' | 'pools'>>(
    `select id, messages, category, source, original_id as "originalId" from prompts where starts_with(id, $1) order by id limit 2`,
    [id],
  );
  const prompt = rows.find((row) => row.id === id) ?? (rows.length === 1 ? rows[0] : undefined);
  if (!prompt) return null;
  const parts = await pool.query<TracedPrompt['parts'][number]>(
    'select split, part, position from splits where prompt = $1 order by split',
    [prompt.id],
  );
  const pools = await pool.query<TracedPrompt['pools'][number]>(
    `select m.pool, f.name as file, m.line::int as line, m.licence, m.dropped
       from pool_prompts m join pool_files f on f.pool = m.pool and f.number = m.file
      where m.prompt = $1 or m.masked = $1 order by m.pool, m.file, m.line`,
    [prompt.id],
  );
  return { ...prompt, pools: pools.rows, parts: parts.rows };
}

/** Battles on a prompt in a run's arenas, or those named as `arena#position`; with their games. */
export async function traceBattles(
  pool: Pool,
  where: { run: string; prompt: string } | { battles: readonly string[] },
): Promise<TracedBattle[]> {
  const [condition, values] =
    'run' in where
      ? ['arenas.run = $1 and battles.prompt = $2', [where.run, where.prompt]]
      : [
          '(battles.arena, battles.position) in (select * from unnest($1::text[], $2::int[]))',
          // A run's id is free text: the position stands behind the last #.
          [
            where.battles.map((battle) => battle.slice(0, battle.lastIndexOf('#'))),
            where.battles.map((battle) => Number(battle.slice(battle.lastIndexOf('#') + 1))),
          ],
        ];
  const { rows } = await pool.query<TracedBattle>(
    `select battles.arena || '#' || battles.position as battle, a.name as a, b.name as b, judges.name as judge, outcome, margin,
            coalesce((
              select json_agg(json_build_object(
                'first', case when first = player_a then a.name else b.name end,
                'second', case when first = player_a then b.name else a.name end,
                'verdict', verdict, 'scoreFirst', score_first, 'scoreSecond', score_second,
                'finishReason', finish_reason, 'text', games.text) order by first <> player_a)
                from games
               where games.judge = arenas.judge and games.prompt = battles.prompt
                 and ((first = player_a and second = player_b) or (first = player_b and second = player_a))), '[]') as games
       from battles join arenas on arenas.id = battles.arena join judges on judges.id = arenas.judge
       join players a on a.id = player_a join players b on b.id = player_b
      where ${condition} order by arenas.created_at, battles.arena, battles.position`,
    values,
  );
  return rows;
}

/** Answers of some players (by id) to a prompt, with the players' names. */
export async function traceAnswers(pool: Pool, prompt: string, players: readonly string[]): Promise<TracedAnswer[]> {
  const { rows } = await pool.query<TracedAnswer>(
    `select players.name as player, text, finish_reason as "finishReason", completion_tokens as "completionTokens"
       from answers join players on players.id = player where prompt = $1 and sample = 0 and player = any($2) order by players.name`,
    [prompt, players],
  );
  return rows;
}

/** Names of players by their ids; an id that is not stored stays as it is. */
export async function namesOf(pool: Pool, ids: readonly string[]): Promise<(id: string) => string> {
  const { rows } = await pool.query<{ id: string; name: string }>('select id, name from players where id = any($1)', [
    ids,
  ]);
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}
