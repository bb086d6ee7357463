import type { Pool } from 'pg';
import type { Attempt } from '../models/chat';
import { bulkInsert, type Columns, type Db } from './bulk';
import { accountsOf, type Purses } from './purse';

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
  ['cachedTokens', 'int'],
  ['usd', 'double precision'],
  ['milliseconds', 'real'],
  ['error', 'text'],
];

export async function saveLedger(pool: Pool, purses: Purses, rows: LedgerRow[]): Promise<void[]> {
  await bulkInsert(pool, 'ledger', columns, rows);
  purses.flushed(rows, await accountsOf(pool, [...new Set(rows.map(({ run }) => run))]));
  return rows.map(() => undefined);
}

/** What a run has spent, failed attempts and abandoned branches included. */
export async function spendOf(db: Db, run: string): Promise<Spend> {
  const { rows } = await db.query<Spend>(
    `select calls::float8, failed_calls::float8 as "failedCalls", tokens, usd from spends where run = $1`,
    [run],
  );
  return rows[0] ?? { calls: 0, failedCalls: 0, tokens: 0, usd: 0 };
}

/** Sets what a run may spend; null: no cap. Every worker keeps to it from its next flush on. */
export async function saveCap(db: Db, run: string, usd: number | null): Promise<void> {
  await db.query(
    'insert into spends (run, cap_usd) values ($1, $2) on conflict (run) do update set cap_usd = excluded.cap_usd',
    [run, usd],
  );
}

/** What a run has spent by what for (`answers`, `games` ...), the dearest first. */
export async function spendByPurpose(pool: Pool, run: string): Promise<(Spend & { purpose: string })[]> {
  const { rows } = await pool.query<Spend & { purpose: string }>(
    `select purpose, count(*)::int as calls, count(error)::int as "failedCalls",
            sum(prompt_tokens + completion_tokens)::float8 as tokens, sum(usd)::float8 as usd
       from ledger where run = $1 group by purpose order by usd desc, calls desc, purpose`,
    [run],
  );
  return rows;
}
