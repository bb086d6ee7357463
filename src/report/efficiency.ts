import type { Pool } from 'pg';
import { grouped, percent } from './text';

/** What a run's work cost, over all its arenas; null where there is nothing to divide by, or the endpoints do not say. */
export interface Efficiency {
  /** Battles that were played to an outcome; each is two games. */
  battles: number;
  gamesPerDollar: number | null;
  /** Tokens in and out, of answers and judgements, for each battle. */
  tokensPerBattle: number | null;
  /** Share of the prompts' tokens that came from prefix caches, over the calls whose endpoint says it. */
  prefixReuse: number | null;
}

/** Reads the cost of a run's work. What another run had bought already cost this one nothing. */
export async function efficiencyOf(pool: Pool, run: string): Promise<Efficiency> {
  const { rows } = await pool.query<{ battles: number; tokens: number; usd: number; cached: number; prompted: number }>(
    `select (select count(*)::int from battles join arenas on arenas.id = arena
              where run = $1 and outcome is not null and outcome <> 'failed') as battles,
            coalesce(sum(prompt_tokens + completion_tokens), 0)::float8 as tokens, coalesce(sum(usd), 0)::float8 as usd,
            coalesce(sum(cached_tokens), 0)::float8 as cached,
            coalesce(sum(prompt_tokens) filter (where cached_tokens is not null), 0)::float8 as prompted
       from ledger where run = $1`,
    [run],
  );
  const { battles = 0, tokens = 0, usd = 0, cached = 0, prompted = 0 } = rows[0] ?? {};
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);
  return {
    battles,
    gamesPerDollar: share(2 * battles, usd),
    tokensPerBattle: tokens > 0 ? share(tokens, battles) : null,
    prefixReuse: share(cached, prompted),
  };
}

/** The cost of the work in a sentence; empty where nothing was paid. */
export function efficiencyFinding({ battles, gamesPerDollar, tokensPerBattle, prefixReuse }: Efficiency): string {
  const parts = [
    ...(gamesPerDollar === null ? [] : [`${grouped(gamesPerDollar)} games per dollar`]),
    ...(tokensPerBattle === null ? [] : [`${grouped(tokensPerBattle)} tokens per battle`]),
    ...(prefixReuse === null ? [] : [`${percent(prefixReuse)} of the prompts' tokens came from prefix caches`]),
  ];
  return parts.length === 0 ? '' : `Over ${grouped(battles)} battles: ${parts.join(', ')}`;
}
