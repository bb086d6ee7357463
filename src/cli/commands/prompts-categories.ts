import type { Command } from 'commander';
import { categorisePool } from '../../prompts/categories/categorise-pool';
import { CATEGORY } from '../../prompts/categories/question';
import { findDatabase, withDatabase } from '../connect';
import { judgeAt, withJudge, type JudgeOptions } from '../judge-options';
import { describedCommand, JSON_OPTION } from '../options';
import { say, sayJson, table } from '../output';
import { showProgress } from '../progress';

interface Options extends JudgeOptions {
  pool: string;
  json?: boolean;
}

export function categoriesCommand(): Command {
  return withJudge(
    describedCommand(
      'categories',
      "Give each prompt one of MT-bench's eight categories, by a judge or by a rough rule over its words; what a file said stays. Ratings by category use them.",
      'prompts categories --pool chats',
      'prompts categories --pool chats --judge http://localhost:8000/v1 --judge-model llama-70b',
    ).requiredOption('--pool <name>', 'the pool'),
    'sorts prompts',
  )
    .option(...JSON_OPTION)
    .action(categorise);
}

async function categorise({ pool, json = false, ...options }: Options): Promise<void> {
  const judge = judgeAt(options, CATEGORY);
  const progress = showProgress();
  const report = await withDatabase(findDatabase(), (db) =>
    categorisePool(db, pool, { judge, onProgress: (rows) => progress.show(`${pool}: ${rows} rows`) }),
  ).finally(() => progress.end());
  if (json) {
    sayJson({ pool, ...report });
    return;
  }
  const { rows, own, none, categories } = report;
  say(`${pool}: ${rows} rows, ${own} with a category of their own, ${none} without any`);
  say(
    table(
      ['category', { name: 'prompts', numbers: true }],
      Object.entries(categories)
        .sort(([, a], [, b]) => b - a)
        .map(([category, prompts]) => [category, String(prompts)]),
    ),
  );
}
