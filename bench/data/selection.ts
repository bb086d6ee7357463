import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../../src/embedded/postgres';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { openStore } from '../../src/store/open';
import type { BenchOptions, Row } from '../bench';
import { measure } from '../process';
import { fillArena, PAIRS } from './arena';

const GOALS = { seconds: 20, megabytes: 1024 };
/** Seconds and memory from an arena in Postgres to each kind of rows on disk. */
export async function selectionRows({ short, say }: BenchOptions): Promise<Row[]> {
  const folder = temporaryFolder('selection');
  const postgres = await startPostgres({ dir: join(folder, 'postgres') });
  const prompts = short ? 1000 : Math.ceil(1_000_000 / PAIRS);
  const battles = prompts * PAIRS;
  try {
    const store = await openStore(postgres.url);
    say(`selection: an arena of ${battles} battles`);
    await fillArena(store.pool, prompts);
    await store.close();
    const rows: Row[] = [];
    for (const kind of ['sft', 'dpo', 'reward'] as const) {
      say(`selection: ${kind}`);
      const program = join(__dirname, 'selection-process.js');
      const { seconds, peakMb, made } = await measure(process.execPath, [program, postgres.url, folder, kind]);
      const name = `selection of ${battles} battles into rows, ${kind}`;
      rows.push(
        {
          name,
          goal: `≤ ${GOALS.seconds} s`,
          figure: Number(seconds),
          unit: 's',
          ok: short ? null : Number(seconds) <= GOALS.seconds,
          note: `${String(made)} rows; wall clock, one core beside Postgres`,
        },
        {
          name: `${name}: memory`,
          goal: `≤ ${GOALS.megabytes}`,
          figure: peakMb,
          unit: 'MB',
          ok: peakMb <= GOALS.megabytes,
        },
      );
    }
    return rows;
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
