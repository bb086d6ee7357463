import type { Command } from 'commander';
import { seedFrom } from '../../identity';
import { clusterPrompts } from '../../prompts/cluster/cluster-prompts';
import { createEmbedder } from '../../prompts/embed/create';
import { emptyPool } from '../../prompts/empty-pool';
import { keptPages } from '../../store/prompt-pool';
import { findDatabase, withDatabase } from '../connect';
import { embeddingOf, withEmbedding, type EmbeddingOptions } from '../embedding-options';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson, table } from '../output';
import { showProgress } from '../progress';

interface Options extends EmbeddingOptions {
  pool: string;
  clusters: number;
  seed: number;
  json?: boolean;
}

export function clustersCommand(): Command {
  return withEmbedding(
    describedCommand(
      'clusters',
      'Show what a pool is about: groups of prompts by K-means over their embeddings, with their typical words. The pool stays as it is.',
      'prompts clusters --pool chats --clusters 20',
    )
      .requiredOption('--pool <name>', 'the pool')
      .option('--clusters <n>', 'groups', wholeNumber(1), 20)
      .option('--seed <n>', "another seed, other groups; a run's own seed gives its groups", wholeNumber(), 0),
  )
    .option(...JSON_OPTION)
    .action(showClusters);
}

async function showClusters({ pool, clusters: k, seed, json = false, ...options }: Options): Promise<void> {
  const settings = embeddingOf(options);
  const progress = showProgress();
  const { labels } = await withDatabase(findDatabase(), async (db) => {
    const pages = await keptPages(db, pool);
    if (pages.rows === 0) throw emptyPool(pool);
    return clusterPrompts(pages, {
      ...{ embedder: await createEmbedder(db, settings), k, seed: seedFrom(seed, 'clusters') },
      onProgress: (prompts) => progress.show(`${prompts} of ${pages.rows} prompts`),
    });
  }).finally(() => progress.end());
  if (json) {
    sayJson({ pool, clusters: labels });
    return;
  }
  say(
    table(
      [{ name: 'prompts', numbers: true }, 'typical words'],
      labels.toSorted((a, b) => b.prompts - a.prompts).map(({ prompts, words }) => [String(prompts), words.join(', ')]),
    ),
  );
}
