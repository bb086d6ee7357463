import type { Pool } from 'pg';

/** What one call took, on average: measured in this database, or assumed. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  seconds: number;
  /** Calls behind it; 0: assumed. */
  measured: number;
}

/** Successful calls of each player and judge in the ledger, over all runs. Checkpoints are told as one, under `checkpoints`. */
export async function measuredUsage(pool: Pool): Promise<Map<string, Usage>> {
  const { rows } = await pool.query<Usage & { party: string }>(
    `select case when players.identity ->> 'model' = 'checkpoint' then 'checkpoints' else party end as party,
            avg(prompt_tokens)::float8 as "promptTokens", avg(completion_tokens)::float8 as "completionTokens",
            avg(milliseconds)::float8 / 1000 as seconds, count(*)::int as measured
       from ledger left join players on players.id = party
      where error is null and purpose in ('training', 'gate', 'evaluation') group by 1`,
  );
  return new Map(rows.map(({ party, ...usage }) => [party, usage]));
}

/** Seconds that trainings of a base model have taken in this database, on average by kind. */
export async function measuredTrainings(pool: Pool, base: string): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ kind: string; seconds: number }>(
    `select stage as kind, avg(seconds)::float8 as seconds from checkpoints
      where seconds > 0 and stage <> 'start'
        and run in (select run from checkpoints where stage = 'start' and path = $1) group by stage`,
    [base],
  );
  return new Map(rows.map(({ kind, seconds }) => [kind, seconds]));
}

/** A text's tokens, about: four characters each, as English text has them in most vocabularies. */
export const tokensOf = (characters: number): number => Math.ceil(characters / 4);

/** Tokens that an answer is taken to have, where its limit allows it and nothing was measured. */
export const ASSUMED_ANSWER = 300;
/** A judge's explanation and its verdict. */
export const ASSUMED_EXPLANATION = 150;
/** Seconds for so many tokens of an answer, at a usual speed of decoding, and for its first one. */
const TOKENS_PER_SECOND = 40;
const FIRST_TOKEN_SECONDS = 0.5;

/** What a call is taken to cost, where nothing was measured. */
export function assumedUsage(promptTokens: number, completionTokens: number): Usage {
  const seconds = FIRST_TOKEN_SECONDS + completionTokens / TOKENS_PER_SECOND;
  return { promptTokens, completionTokens, seconds, measured: 0 };
}
