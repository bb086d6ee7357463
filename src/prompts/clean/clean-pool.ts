import type { Pool } from 'pg';
import { clearMarks, markPrompts, poolPages, withPool, type Mark, type PoolPrompt } from '../../store/prompt-pool';
import { savePrompts } from '../../store/prompts';
import { countDrops, type DropCount, type DropCounter } from '../drops';
import { emptyPool } from '../empty-pool';
import { createCleaner, type Cleaned, type CleanSettings } from './cleaner';

export interface CleanReport {
  rows: number;
  kept: number;
  masked: number;
  /** What each step dropped, by reason, with the first places. */
  steps: { step: string; dropped: number; reasons: DropCount[] }[];
}

/** Pages in the works: enough that threads never wait for a page, few enough that memory stays small. */
const AHEAD = 2;

/**
 * Cleans a pool anew by the settings: rows get their reason or their masked text, nothing is deleted, and marks of an earlier
 * cleaning give way. One transaction: killed, nothing has changed.
 * Errors (UserError): the pool is empty; see also `createModeration`.
 */
export async function cleanPool(
  db: Pool,
  pool: string,
  settings: CleanSettings,
  { threads, onProgress }: { threads?: number; onProgress?: (rows: number) => void } = {},
): Promise<CleanReport> {
  const cleaner = await createCleaner(settings, threads);
  const counters = new Map<string, DropCounter>();
  const report: CleanReport = { rows: 0, kept: 0, masked: 0, steps: [] };
  try {
    await withPool(db, pool, async (client) => {
      await clearMarks(client, pool);
      const running: { page: PoolPrompt[]; answer: Promise<Cleaned[]> }[] = [];
      const settle = async () => {
        const { page, answer } = running.shift()!;
        const cleaned = await answer;
        // Prompts are stored outside of the transaction: one that nobody refers to harms nobody.
        await savePrompts(
          db,
          cleaned.flatMap((one) => (one !== null && 'mask' in one ? [one.mask] : [])),
        );
        await markPrompts(client, pool, noted(page, cleaned, counters, report));
        onProgress?.(report.rows);
      };
      try {
        for await (const page of poolPages(client, pool)) {
          running.push({ page, answer: cleaner.clean(page) });
          if (running.length > AHEAD) await settle();
        }
        while (running.length > 0) await settle();
      } finally {
        await Promise.allSettled(running.map(({ answer }) => answer));
      }
    });
  } finally {
    await cleaner.close();
  }
  if (report.rows === 0) throw emptyPool(pool);
  report.steps = [...counters].map(([step, counter]) => {
    const reasons = counter.counts();
    return { step, dropped: reasons.reduce((sum, { count }) => sum + count, 0), reasons };
  });
  return report;
}

function noted(
  page: readonly PoolPrompt[],
  cleaned: readonly Cleaned[],
  counters: Map<string, DropCounter>,
  report: CleanReport,
): Mark[] {
  return page.flatMap(({ id, source: file, line }, index): Mark[] => {
    const one = cleaned[index] ?? null;
    report.rows += 1;
    if (one !== null && 'drop' in one) {
      const counter = counters.get(one.step) ?? countDrops();
      counters.set(one.step, counter);
      counter.add(one.drop, { file, line });
      return [{ id, dropped: one.drop }];
    }
    report.kept += 1;
    if (one === null) return [];
    report.masked += 1;
    return [{ id, masked: one.mask.id }];
  });
}
