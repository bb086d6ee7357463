import { Option, type Command } from 'commander';
import { createEmbedder } from '../../prompts/embed/create';
import { buildTestSet, TEST_SET_DEFAULTS, type TestSetSettings } from '../../prompts/test-set/build';
import { DIFFICULTY } from '../../prompts/test-set/difficulty';
import { findDatabase, withDatabase } from '../connect';
import { embeddingOf, withEmbedding, type EmbeddingOptions } from '../embedding-options';
import { judgeAt, withJudge, type JudgeOptions } from '../judge-options';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson } from '../output';
import { showProgress } from '../progress';

interface Options extends TestSetSettings, EmbeddingOptions, JudgeOptions {
  pool: string;
  into: string;
  json?: boolean;
}

export function testSetCommand(): Command {
  const { kind, clusters, perCluster, candidates, top, seed } = TEST_SET_DEFAULTS;
  const command = describedCommand(
    'test-set',
    'Make a test set of a pool as the paper does: some prompts of each group (diverse), those a judge finds most difficult (hard), or both (mix). It becomes a pool of its own.',
    'prompts test-set --pool chats --into tests --kind diverse --clusters 100',
    'prompts test-set --pool chats --into tests --judge http://localhost:8000/v1 --judge-model llama-70b',
  )
    .requiredOption('--pool <name>', 'the pool')
    .requiredOption('--into <name>', 'the pool that the test set becomes; use it as evaluation.testSet: [pool:NAME]')
    .addOption(new Option('--kind <kind>', 'which prompts').choices(['diverse', 'hard', 'mix'] as const).default(kind))
    .option('--clusters <n>', 'groups of prompts (K-means over their embeddings)', wholeNumber(1), clusters)
    .option('--per-cluster <n>', 'diverse: prompts of each group', wholeNumber(1), perCluster)
    .option('--candidates <n>', 'hard: prompts of each group that the judge rates', wholeNumber(1), candidates)
    .option('--top <n>', 'hard: the most difficult of these', wholeNumber(1), top)
    .option('--seed <n>', 'another seed, another test set', wholeNumber(), seed);
  return withEmbedding(withJudge(command, 'rates difficulty'))
    .option(...JSON_OPTION)
    .action(makeTestSet);
}

async function makeTestSet({ pool, into, json = false, ...options }: Options): Promise<void> {
  const { kind, clusters, perCluster, candidates, top, seed } = options;
  const rater = judgeAt(options, DIFFICULTY);
  const embedding = embeddingOf(options);
  const progress = showProgress();
  const report = await withDatabase(findDatabase(), async (db) =>
    buildTestSet(db, {
      ...{ pool, into, rater, settings: { kind, clusters, perCluster, candidates, top, seed } },
      embedder: await createEmbedder(db, embedding),
      onProgress: (prompts) => progress.show(`${prompts} prompts grouped`),
      onRated: (done, of) => progress.show(`${done} of ${of} prompts rated`),
    }),
  ).finally(() => progress.end());
  if (json) {
    sayJson(report);
    return;
  }
  say(`pool:${into}: ${report.prompts} prompts (${report.diverse} diverse, ${report.hard} hard), hash ${report.hash}`);
  if (kind === 'diverse') return;
  say(`${report.rated} prompts rated, ${report.invalid} of them without a number that could be read`);
  if (report.hard < top) say(`Fewer than ${top} are hard: that is all there were. Raise --candidates.`);
}
