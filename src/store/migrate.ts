import type { Pool } from 'pg';
import { Umzug } from 'umzug';
import * as initial from './migrations/0001-initial';
import * as promptPool from './migrations/0002-prompt-pool';
import * as clusters from './migrations/0003-clusters';
import * as battleVerdicts from './migrations/0004-battle-verdicts';
import * as battleWeight from './migrations/0005-battle-weight';
import * as nearDuplicates from './migrations/0006-near-duplicates';
import * as difficulties from './migrations/0007-difficulties';
import * as promptJudgements from './migrations/0008-prompt-judgements';
import * as embeddings from './migrations/0009-embeddings';
import * as control from './migrations/0010-control';
import * as benchmarks from './migrations/0011-benchmarks';
import * as throughput from './migrations/0015-throughput';
import * as workers from './migrations/0018-workers';
import * as groupLeases from './migrations/0019-group-leases';
import * as splitParts from './migrations/0020-split-parts';
import * as settledGates from './migrations/0021-settled-gates';
import { preferPgvector } from './pgvector';

const migrations = [
  initial,
  promptPool,
  clusters,
  battleVerdicts,
  battleWeight,
  nearDuplicates,
  difficulties,
  promptJudgements,
  embeddings,
  control,
  benchmarks,
  throughput,
  workers,
  groupLeases,
  splitParts,
  settledGates,
];

/** Any number that no other program on this database uses for its advisory locks. */
const LOCK = 0x666c79;

/** Brings the database to the newest schema; any number of processes may call it at once. Returns the migrations run. */
export async function migrate(pool: Pool): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migrations (name text primary key, at timestamptz not null default now())',
    );
    const umzug = new Umzug({
      logger: undefined,
      migrations: migrations.map(({ name, sql }) => ({
        name,
        up: async () => {
          await client.query(`begin; ${sql}; insert into migrations (name) values ('${name}'); commit`);
        },
      })),
      storage: {
        // Written inside the migration's own transaction, so that a kill leaves both or neither.
        logMigration: () => Promise.resolve(),
        unlogMigration: () => Promise.reject(new Error('migrations only go forward')),
        executed: async () =>
          (await client.query<{ name: string }>('select name from migrations order by name')).rows.map(
            (row) => row.name,
          ),
      },
    });
    const ran = (await umzug.up()).map(({ name }) => name);
    await preferPgvector(client);
    return ran;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    client.release();
  }
}
