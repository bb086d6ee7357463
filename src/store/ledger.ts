import type { Pool } from 'pg';
import type { Attempt } from '../models/chat';
import { bulkInsert, type Columns } from './bulk';

export interface LedgerRow extends Attempt {
  run: string;
  purpose: string;
  /** Id of the player or judge that was asked. */
  party: string;
}

export interface Spend {
  calls: number;
  failedCalls: number;
  tokens: number;
  usd: number;
}

const columns: Columns<LedgerRow> = [
  ['run', 'text'],
  ['purpose', 'text'],
  ['party', 'text'],
  ['promptTokens', 'int'],
  ['completionTokens', 'int'],
  ['usd', 'double precision'],
  ['milliseconds', 'real'],
  ['error', 'text'],
];

export async function saveLedger(pool: Pool, rows: LedgerRow[]): Promise<void[]> {
  await bulkInsert(pool, 'ledger', columns, rows);
  return rows.map(() => undefined);
}

/** What a run has spent, failed attempts and abandoned branches included. */
export async function spendOf(pool: Pool, run: string): Promise<Spend> {
  const { rows } = await pool.query<Spend>(
    `select count(*)::int as calls, count(error)::int as "failedCalls",
            coalesce(sum(prompt_tokens + completion_tokens), 0)::float8 as tokens, coalesce(sum(usd), 0)::float8 as usd
       from ledger where run = $1`,
    [run],
  );
  return rows[0] ?? { calls: 0, failedCalls: 0, tokens: 0, usd: 0 };
}
