import type { Pool } from 'pg';
import { lastAsked } from './asked';

/** How the new player did on a prompt beside the old one. */
export type ComparedVerdict = 'better' | 'worse' | 'same' | 'unknown';

/**
 * What both players did on each of some prompts ("chosen"), by one judge: where they met, their games; else their mean scores against
 * the opponents that both met there. $1, $2: old and new player; $3: the arenas.
 */
const POINTS = `
  met as (
    select chosen.prompt, seen.player, seen.opponent,
           avg(case when seen.own = 'w' then 1.0 when seen.own = 't' then 0.5 else 0 end) as points
      from chosen join battles on battles.prompt = chosen.prompt and arena = any($3) and outcome not in ('invalid', 'failed')
        cross join lateral (
          select player_a as player, player_b as opponent, game as own from regexp_split_to_table(verdicts, '') game
          union all
          select player_b, player_a, translate(game, 'wl', 'lw') from regexp_split_to_table(verdicts, '') game) seen
     where seen.player in ($1, $2) group by 1, 2, 3),
  common as (
    select old.prompt, avg(old.points)::float8 as old_points, avg(new.points)::float8 as new_points
      from met old join met new on new.prompt = old.prompt and new.opponent = old.opponent
     where old.player = $1 and new.player = $2 and old.opponent <> $2 group by 1),
  direct as (
    select prompt, points::float8 as points from met where player = $2 and opponent = $1),
  judged as (
    select chosen.prompt, direct.points as direct, old_points, new_points,
           case when direct.points is not null then sign(direct.points - 0.5)
                when new_points is not null then sign(round((new_points - old_points)::numeric, 6)) end as side
      from chosen left join direct using (prompt) left join common using (prompt))`;

const VERDICT = `case when side is null then 'unknown' when side > 0 then 'better' when side < 0 then 'worse' else 'same' end`;

/** Both answers to a prompt, and how the two players did on it. */
export interface ComparedRow {
  prompt: string;
  category: string | null;
  asked: string;
  oldText: string;
  newText: string;
  /** The new one's mean score in their games on this prompt; null: they did not meet. */
  direct: number | null;
  oldPoints: number | null;
  newPoints: number | null;
  verdict: ComparedVerdict;
  /** Where they met: `arena#position`, and the run whose arena that is. */
  battle: { run: string; id: string } | null;
}

interface Sides {
  old: string;
  new: string;
  /** Where they met in several, the battle is the first one's. */
  arenas: readonly string[];
}

/** Characters of a prompt beside its two answers. */
const ASKED = 600;

/** Prompts looked at in one go, because a verdict is only known after its battles are read; and how long one page looks on. */
const LOOKED_AT = 100;
const LOOKING_MS = 100;

/**
 * A page of prompts that both players answered, in the order of their ids; with a verdict, only those. A page of a rare verdict may
 * hold fewer than `limit`, and still have a next one.
 */
export async function comparedPage(
  pool: Pool,
  { old, new: fresh, arenas }: Sides,
  { verdict, after, limit }: { verdict: ComparedVerdict | null; after: string; limit: number },
): Promise<{ rows: ComparedRow[]; next: string | null }> {
  const found: ComparedRow[] = [];
  const looked = verdict === null ? limit + 1 : LOOKED_AT;
  const begun = performance.now();
  for (let from = after; ;) {
    const { rows } = await pool.query<ComparedRow>(
      `with chosen as (
         select one.prompt, one.text as old_text, two.text as new_text
           from answers one join answers two on two.prompt = one.prompt and two.player = $2 and two.sample = 0
          where one.player = $1 and one.sample = 0 and one.prompt > $4 order by one.prompt limit $5), ${POINTS}
       select chosen.prompt, category, old_text as "oldText", new_text as "newText", direct, old_points as "oldPoints",
              new_points as "newPoints", ${VERDICT} as verdict,
              (select json_build_object('run', arenas.run, 'id', arena || '#' || position)
                 from battles join arenas on arenas.id = arena
                where battles.prompt = chosen.prompt and arena = any($3)
                  and ((player_a = $1 and player_b = $2) or (player_a = $2 and player_b = $1))
                order by array_position($3, arena) limit 1) as battle,
              ${lastAsked(ASKED)} as asked
         from chosen join judged using (prompt) join prompts on prompts.id = chosen.prompt order by chosen.prompt`,
      [old, fresh, arenas, from, looked],
    );
    found.push(...rows.filter((row) => verdict === null || row.verdict === verdict));
    const last = rows.at(-1);
    if (found.length > limit) return { rows: found.slice(0, limit), next: found[limit - 1]!.prompt };
    if (!last || rows.length < looked) return { rows: found, next: null };
    if (performance.now() - begun > LOOKING_MS) return { rows: found, next: last.prompt };
    from = last.prompt;
  }
}

/** How often which verdict. */
export async function comparedCounts(
  pool: Pool,
  { old, new: fresh, arenas }: Sides,
): Promise<Record<ComparedVerdict, number> & { prompts: number }> {
  const { rows } = await pool.query<{ verdict: ComparedVerdict; n: number }>(
    `with chosen as (
       select one.prompt from answers one join answers two on two.prompt = one.prompt and two.player = $2 and two.sample = 0
        where one.player = $1 and one.sample = 0), ${POINTS}
     select ${VERDICT} as verdict, count(*)::int as n from judged group by 1`,
    [old, fresh, arenas],
  );
  const counts = { prompts: 0, better: 0, worse: 0, same: 0, unknown: 0 };
  for (const { verdict, n } of rows) {
    counts[verdict] += n;
    counts.prompts += n;
  }
  return counts;
}
