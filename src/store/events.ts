import type { Pool } from 'pg';

export interface RunEvent {
  run: string;
  kind: string;
  sentence: string;
  detail: unknown;
}

/** Appends to the run's history: who paused, what was promoted, what failed. */
export async function saveEvent(pool: Pool, { run, kind, sentence, detail }: RunEvent): Promise<void> {
  await pool.query('insert into events (run, kind, sentence, detail) values ($1, $2, $3, $4)', [
    run,
    kind,
    sentence,
    JSON.stringify(detail ?? {}),
  ]);
}

export async function eventsOf(pool: Pool, run: string): Promise<(RunEvent & { at: Date })[]> {
  const { rows } = await pool.query<RunEvent & { at: Date }>(
    'select run, at, kind, sentence, detail from events where run = $1 order by id',
    [run],
  );
  return rows;
}
