import type { Pool } from 'pg';
import { clearCategories, poolPages, saveCategories, withPool } from '../../store/prompt-pool';
import { emptyPool } from '../empty-pool';
import { userText } from '../prompt';
import { askAbout, type PromptJudge } from '../questions/ask';
import type { Category } from './category';
import { CATEGORY_RULE, categoryByRule } from './rule';

export interface CategoryReport {
  rows: number;
  /** Prompts that brought a category with them; it stays. */
  own: number;
  /** Prompts whose judge's text could not be read, or that show no sign of any category. */
  none: number;
  categories: Record<string, number>;
}

/**
 * Gives a category to each prompt of a pool that was kept and brought none, by a judge or (null) by the rule. Categories of an earlier call
 * give way. One transaction: killed, nothing has changed, and what a judge said is stored.
 * Errors (UserError): the pool has no prompts.
 */
export async function categorisePool(
  db: Pool,
  pool: string,
  { judge, onProgress }: { judge: PromptJudge<Category> | null; onProgress?: (rows: number) => void },
): Promise<CategoryReport> {
  const report: CategoryReport = { rows: 0, own: 0, none: 0, categories: {} };
  await withPool(db, pool, async (client) => {
    await clearCategories(client, pool);
    for await (const page of poolPages(client, pool, 'kept')) {
      const open = page.filter(({ category }) => category === null);
      const found = judge
        ? await askAbout(db, open, judge, (done) => onProgress?.(report.rows + done))
        : new Map(open.map((prompt) => [prompt.id, categoryByRule(userText(prompt))]));
      const given = open.map(({ id, member }) => ({ member, category: found.get(id) ?? null }));
      await saveCategories(client, pool, given, judge?.name ?? CATEGORY_RULE);
      report.rows += page.length;
      report.own += page.length - open.length;
      report.none += given.filter(({ category }) => category === null).length;
      for (const category of [...page.map((prompt) => prompt.category), ...given.map((one) => one.category)])
        if (category !== null) report.categories[category] = (report.categories[category] ?? 0) + 1;
      onProgress?.(report.rows);
    }
  });
  if (report.rows === 0) throw emptyPool(pool);
  return report;
}
