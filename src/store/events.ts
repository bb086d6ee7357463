import type { Pool } from 'pg';
import type { Db } from './bulk';

export interface RunEvent {
  run: string;
  kind: string;
  sentence: string;
  detail: unknown;
  /** Who did it, as Temporal knows them; null: the run itself, or nobody knows. */
  actor: string | null;
}

type NewEvent = Omit<RunEvent, 'actor' | 'detail'> & {
  actor?: string | null;
  detail?: unknown;
  /** Two events of a run with one key are one. */
  key?: string;
};

/** Appends to the run's history: who paused, what was promoted, what failed. */
export async function saveEvent(db: Db, { run, kind, sentence, detail, actor, key }: NewEvent): Promise<void> {
  await db.query(
    `insert into events (run, kind, sentence, detail, actor, key) values ($1, $2, $3, $4, $5, $6)
     on conflict (run, key) do nothing`,
    [run, kind, sentence, JSON.stringify(detail ?? {}), actor ?? null, key ?? null],
  );
}

/** Whether a run has the event of this key. */
export async function hasEvent(pool: Pool, run: string, key: string): Promise<boolean> {
  const { rowCount } = await pool.query('select from events where run = $1 and key = $2', [run, key]);
  return rowCount === 1;
}

export async function eventsOf(pool: Pool, run: string): Promise<(RunEvent & { at: Date })[]> {
  const { rows } = await pool.query<RunEvent & { at: Date }>(
    'select run, at, kind, sentence, detail, actor from events where run = $1 order by id',
    [run],
  );
  return rows;
}

/** Events of a run, the newest first, of ids below `before` (null: from the newest). An id is a string: Postgres counts further than numbers. */
export async function eventPage(
  pool: Pool,
  run: string,
  { before, limit }: { before: string | null; limit: number },
): Promise<(RunEvent & { id: string; at: Date })[]> {
  const { rows } = await pool.query<RunEvent & { id: string; at: Date }>(
    `select id, run, at, kind, sentence, detail, actor from events where run = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [run, before, limit],
  );
  return rows;
}
