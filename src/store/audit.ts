import type { Pool } from 'pg';
import type { Verdict } from '../arena/outcome';

/** A battle of which a judge's both games are stored. */
export interface JudgedBattle {
  prompt: string;
  /** Ids of the players. */
  a: string;
  b: string;
  /** What the judge said with a's answer shown first, and with b's, each from the point of view of the first. */
  aFirst: Verdict;
  bFirst: Verdict;
  /** Characters of the answers, null where one is not stored. */
  lengthA: number | null;
  lengthB: number | null;
}

/**
 * Every battle of a run that a judge decided, once, however many arenas held it.
 * @param perMille of the prompts, the same ones each time; default all
 */
export async function judgedBattles(pool: Pool, run: string, judge: string, perMille = 1000): Promise<JudgedBattle[]> {
  const { rows } = await pool.query<JudgedBattle>(
    `with played as (
       select distinct battles.prompt, least(player_a, player_b) as a, greatest(player_a, player_b) as b
         from arenas join battles on arena = arenas.id where run = $1 and judge = $2 and abs(hashtext(battles.prompt)::bigint) % 1000 < $3)
     select played.prompt, a, b, one.verdict as "aFirst", two.verdict as "bFirst",
            length(said_a.text) as "lengthA", length(said_b.text) as "lengthB"
       from played
       join games one on one.judge = $2 and one.prompt = played.prompt and one.first = a and one.second = b
       join games two on two.judge = $2 and two.prompt = played.prompt and two.first = b and two.second = a
       left join answers said_a on said_a.player = a and said_a.prompt = played.prompt and said_a.sample = 0
       left join answers said_b on said_b.player = b and said_b.prompt = played.prompt and said_b.sample = 0
      order by played.prompt, a, b`,
    [run, judge, perMille],
  );
  return rows;
}

/** Battles of a run's arenas by judge and how they ended. */
export interface ArenaOutcomes {
  arena: string;
  round: number;
  stage: string;
  attempt: number;
  purpose: string;
  judge: string;
  outcome: string;
  battles: number;
}

export async function outcomesByArena(pool: Pool, run: string): Promise<ArenaOutcomes[]> {
  const { rows } = await pool.query<ArenaOutcomes>(
    `select arenas.id as arena, round, stage, attempt, purpose, judge, outcome, battles
       from arenas join (select arena, outcome, count(*)::int as battles from battles
                          where arena in (select id from arenas where run = $1) and outcome is not null group by 1, 2) counted
         on counted.arena = arenas.id
      order by created_at, arenas.id, outcome`,
    [run],
  );
  return rows;
}
