import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import { startPostgres } from '../../src/embedded/postgres';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import type { BenchOptions, Row } from '../bench';
import { measureOnAllCores } from '../process';
import { generateBenchmark, generateConversations, writeConversations } from './generate';

const MEMORY_MB = 1024;
/** Linear: the rate at the largest size is at least this share of that at the smallest. */
const LINEAR = 0.7;
const PLANTED = { seed: 1, duplicates: 0.2, contamination: 0.01, dirt: 0.06 };

/**
 * Seconds of each step and peak memory from a file to frozen slices, all in Postgres: import, clean with language, near-duplicates,
 * decontamination against 1,000 tests, a test set of 500 groups, nine slices.
 */
export async function* factoryRows({ short, say }: BenchOptions): AsyncGenerator<Row> {
  const folder = temporaryFolder('factory');
  const benchmark = join(folder, 'benchmark.jsonl');
  const tests = generateBenchmark(PLANTED.seed);
  await writeFile(benchmark, tests.map((item) => `${JSON.stringify(item)}\n`).join(''));
  try {
    const rates: number[] = [];
    for (const count of short ? [20_000] : [100_000, 300_000, 1_000_000]) {
      say(`the whole factory, ${count} rows`);
      const file = join(folder, `${count}.jsonl`);
      await writeConversations(file, { ...PLANTED, count });
      const postgres = await startPostgres({ dir: join(folder, `postgres-${count}`) });
      try {
        const program = join(__dirname, 'factory-process.js');
        const { seconds, peakMb, peaksMb } = await measureOnAllCores([program, file, benchmark, postgres.url]);
        const steps = Object.entries(seconds as Record<string, number>);
        const all = steps.reduce((sum, [, one]) => sum + one, 0);
        rates.push(count / all);
        const name = `the whole factory, ${count} rows`;
        yield {
          ...{ name, goal: '', figure: all, unit: 's', ok: null },
          note: steps.map(([step, one]) => `${step} ${one.toFixed(1)}`).join(', '),
        };
        yield {
          ...{ name: `${name}: memory`, goal: `≤ ${MEMORY_MB}`, figure: peakMb, unit: 'MB' },
          ok: peakMb <= MEMORY_MB,
          note: Object.entries(peaksMb as Record<string, number>)
            .map(([step, peak]) => `${step} ${peak.toFixed(0)}`)
            .join(', '),
        };
        yield await contaminationRow(name, postgres.url, count);
      } finally {
        await postgres.stop();
      }
      await rm(join(folder, `postgres-${count}`), { recursive: true });
      await rm(file);
    }
    if (!short) {
      const growth = rates.at(-1)! / rates[0]!;
      yield {
        name: 'growth of the whole factory',
        goal: `≥ ${LINEAR}`,
        figure: growth,
        unit: 'rate at 1M / at 100k',
        ok: growth >= LINEAR,
      };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of the planted copies of tests, those that are still in the pool: reworded beyond the threshold of the built-in embedding. */
async function contaminationRow(name: string, url: string, count: number): Promise<Row> {
  const planted: string[] = [];
  for (const { id, kind } of generateConversations({ ...PLANTED, count }))
    if (kind === 'contaminated') planted.push(id);
  const db = new Pool({ connectionString: url });
  const { rows } = await db.query<{ kept: number; contaminated: number; innocent: number }>(
    `select count(*) filter (where dropped is null and original_id = any($1))::int as kept,
            count(*) filter (where dropped = 'contaminated' and original_id = any($1))::int as contaminated,
            count(*) filter (where dropped = 'contaminated' and not original_id = any($1))::int as innocent
     from pool_prompts where pool = 'chats'`,
    [planted],
  );
  await db.end();
  const { kept, contaminated, innocent } = rows[0]!;
  return {
    name: `${name}: planted copies of tests that stayed`,
    goal: '',
    figure: kept / planted.length,
    unit: 'share',
    ok: null,
    note: `of ${planted.length} copies with one to four words changed ${kept} stayed, ${contaminated} were found by decontamination, the rest were near-duplicates of these; ${innocent} others dropped as contaminated`,
  };
}
