import type { Pool } from 'pg';
import type { Db } from './bulk';
import type { Config } from '../config/schema';

export interface Run {
  id: string;
  config: Config;
  configHash: string;
  split: string | null;
  /** The workflow's state after its last finished step, or null before the first. */
  state: unknown;
  status: string;
  createdAt: Date;
  updatedAt: Date;
}

const selected = `id, config, config_hash as "configHash", split, state, status, created_at as "createdAt", updated_at as "updatedAt"`;

export async function loadRun(pool: Pool, id: string): Promise<Run | null> {
  const { rows } = await pool.query<Run>(`select ${selected} from runs where id = $1`, [id]);
  return rows[0] ?? null;
}

/** All runs, the newest first, without their states. */
export async function listRuns(pool: Pool): Promise<Run[]> {
  const { rows } = await pool.query<Run>(`select ${selected} from runs order by created_at desc`);
  return rows;
}

/** A page of runs, the newest first, behind the run `after`; keyset paging. */
export async function runPage(
  pool: Pool,
  { after, limit }: { after: string | null; limit: number },
): Promise<{ runs: Run[]; next: string | null }> {
  const { rows } = await pool.query<Run>(
    `select ${selected} from runs
      where $1::text is null or (created_at, id) < (select created_at, id from runs where id = $1)
      order by created_at desc, id desc limit $2`,
    [after, limit + 1],
  );
  const runs = rows.slice(0, limit);
  return { runs, next: rows.length > limit ? (runs.at(-1)?.id ?? null) : null };
}

/** The newest runs that are not complete. */
export async function unfinishedRuns(pool: Pool, limit: number): Promise<Run[]> {
  const { rows } = await pool.query<Run>(
    `select ${selected} from runs where status <> 'done' order by created_at desc, id desc limit $1`,
    [limit],
  );
  return rows;
}

/** Ids of the newest runs. */
export async function newestRunIds(pool: Pool, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('select id from runs order by created_at desc, id desc limit $1', [
    limit,
  ]);
  return rows.map(({ id }) => id);
}

/** What differs when any run has come, or has finished a step. */
export async function runsMark(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ mark: string }>(
    `select count(*) || ' ' || coalesce(max(updated_at)::text, '') as mark from runs`,
  );
  return rows[0]!.mark;
}

/** Creates a run, or renews how its frozen configuration is reached. The caller has compared the hashes. */
export async function saveRun(db: Db, run: Pick<Run, 'id' | 'config' | 'configHash' | 'split'>): Promise<void> {
  await db.query(
    `insert into runs (id, config, config_hash, split) values ($1, $2, $3, $4)
     on conflict (id) do update set config = excluded.config, config_hash = excluded.config_hash, split = excluded.split, status = 'running', updated_at = now()`,
    [run.id, JSON.stringify(run.config), run.configHash, run.split],
  );
}

export async function saveState(db: Db, id: string, state: unknown, status = 'running'): Promise<void> {
  await db.query('update runs set state = $2, status = $3, updated_at = now() where id = $1', [
    id,
    JSON.stringify(state),
    status,
  ]);
}
