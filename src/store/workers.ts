import type { Pool } from 'pg';

/** A worker that runs, as the others see it. */
export interface WorkerRow {
  id: string;
  /** Temporal's; two of them may share a database. */
  namespace: string;
  /** The task queues that it serves. */
  queues: string[];
  host: string;
  pid: number;
  /** Its artifacts root, and what tells this folder from another of the same name; null where it cannot be read or written. */
  artifacts: string;
  artifactsId: string | null;
  version: string;
}

/** Seconds between two signs of life. A worker that is silent for three of them is dead, or cut off. */
export const BEAT_SECONDS = 15;
const ALIVE = `seen > now() - interval '${3 * BEAT_SECONDS} seconds'`;

/** Enters a worker, or renews its sign of life. */
export async function saveWorker(pool: Pool, worker: WorkerRow): Promise<void> {
  const { id, namespace, queues, host, pid, artifacts, artifactsId, version } = worker;
  await pool.query(
    `insert into workers (id, namespace, queues, host, pid, artifacts, artifacts_id, version) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (id) do update set seen = now()`,
    [id, namespace, queues, host, pid, artifacts, artifactsId, version],
  );
}

/** Takes a worker out that ends; those that were killed long ago go with it. */
export async function removeWorker(pool: Pool, id: string): Promise<void> {
  await pool.query(`delete from workers where id = $1 or seen < now() - interval '1 day'`, [id]);
}

/** Workers that live, those that serve a queue or all of a namespace, in the order of their start. */
export async function liveWorkers(pool: Pool, namespace: string, queue?: string): Promise<WorkerRow[]> {
  const { rows } = await pool.query<WorkerRow>(
    `select id, namespace, queues, host, pid, artifacts, artifacts_id as "artifactsId", version from workers
     where namespace = $1 and ($2::text is null or $2 = any(queues)) and ${ALIVE} order by started, id`,
    [namespace, queue ?? null],
  );
  return rows;
}
