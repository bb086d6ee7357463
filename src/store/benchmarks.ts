import type { Pool } from 'pg';

/** Numbers that a command found, by their path in its JSON result. */
export type Metrics = Record<string, number>;

export interface Benchmark {
  checkpoint: string;
  /** The command's id in the configuration. */
  command: string;
  /** What it printed. */
  result: unknown;
  metrics: Metrics;
  seconds: number;
}

/** Keeps a result; one that stands is left as it is. */
export async function saveBenchmark(pool: Pool, b: Benchmark): Promise<void> {
  await pool.query(
    `insert into benchmarks (checkpoint, command, result, metrics, seconds) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [b.checkpoint, b.command, JSON.stringify(b.result), JSON.stringify(b.metrics), b.seconds],
  );
}

/** The metrics of a checkpoint by command. */
export async function metricsOf(pool: Pool, checkpoint: string): Promise<Map<string, Metrics>> {
  const { rows } = await pool.query<Benchmark>('select command, metrics from benchmarks where checkpoint = $1', [
    checkpoint,
  ]);
  return new Map(rows.map(({ command, metrics }) => [command, metrics]));
}
