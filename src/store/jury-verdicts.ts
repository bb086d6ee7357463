import type { Pool } from 'pg';

/** Games that a jury's members decided in the same way, in the members' order; null: it could not be read. */
export interface VerdictPattern {
  verdicts: (string | null)[];
  games: number;
}

/** How the members of a jury decided the games of a run, counted by pattern. */
export async function juryVerdicts(
  pool: Pool,
  run: string,
  jury: string,
  members: readonly string[],
): Promise<VerdictPattern[]> {
  const { rows } = await pool.query<VerdictPattern>(
    `with played as (
       select distinct games.prompt, first, second
         from arenas join battles on arena = arenas.id
         join games on games.judge = $2 and games.prompt = battles.prompt
          and ((first = player_a and second = player_b) or (first = player_b and second = player_a))
        where run = $1 and arenas.judge = $2),
     decided as (
       select array_agg(nullif(verdict, 'invalid') order by array_position($3::text[], games.judge)) as verdicts
         from played join games using (prompt, first, second)
        where games.judge = any($3)
        group by prompt, first, second)
     select verdicts, count(*)::int as games from decided group by verdicts order by games desc, verdicts`,
    [run, jury, members],
  );
  return rows;
}
