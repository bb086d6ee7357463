import { Option, type Command } from 'commander';
import { UserError } from '../../errors';
import { createChatClient } from '../../models/client';
import { readKey } from '../../models/roster';
import { lexicalEmbedder } from '../../prompts/embed/lexical';
import { buildTestSet, TEST_SET_DEFAULTS, type Rater, type TestSetSettings } from '../../prompts/test-set/build';
import { difficultyJudge, difficultyMessages, readDifficulty } from '../../prompts/test-set/difficulty';
import { findDatabase, withDatabase } from '../connect';
import { describedCommand, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson } from '../output';
import { showProgress } from '../progress';

interface Options extends TestSetSettings {
  pool: string;
  into: string;
  judge?: string;
  judgeModel?: string;
  judgeKey?: string;
  concurrency: number;
  json?: boolean;
}

export function testSetCommand(): Command {
  const { kind, clusters, perCluster, candidates, top, seed } = TEST_SET_DEFAULTS;
  return describedCommand(
    'test-set',
    'Make a test set of a pool as the paper does: some prompts of each group (diverse), those a judge finds most difficult (hard), or both (mix). It becomes a pool of its own.',
    'prompts test-set --pool chats --into tests --kind diverse --clusters 100',
    'prompts test-set --pool chats --into tests --judge http://localhost:8000/v1 --judge-model llama-70b',
  )
    .requiredOption('--pool <name>', 'the pool')
    .requiredOption('--into <name>', 'the pool that the test set becomes; use it as evaluation.testSet: [pool:NAME]')
    .addOption(new Option('--kind <kind>', 'which prompts').choices(['diverse', 'hard', 'mix'] as const).default(kind))
    .option(
      '--clusters <n>',
      'groups of prompts (K-means over the built-in lexical embedding)',
      wholeNumber(1),
      clusters,
    )
    .option('--per-cluster <n>', 'diverse: prompts of each group', wholeNumber(1), perCluster)
    .option('--candidates <n>', 'hard: prompts of each group that the judge rates', wholeNumber(1), candidates)
    .option('--top <n>', 'hard: the most difficult of these', wholeNumber(1), top)
    .option('--seed <n>', 'another seed, another test set', wholeNumber(), seed)
    .option('--judge <url>', 'an OpenAI-compatible endpoint that rates difficulty, as far as /v1')
    .option('--judge-model <name>', 'its model')
    .option('--judge-key <variable>', 'the environment variable that holds its key')
    .option('--concurrency <n>', 'calls in flight at most', wholeNumber(1), 16)
    .option(...JSON_OPTION)
    .action(makeTestSet);
}

async function makeTestSet({
  pool,
  into,
  judge,
  judgeModel,
  judgeKey,
  concurrency,
  json = false,
  ...settings
}: Options): Promise<void> {
  const rater = judge === undefined ? null : raterAt(judge, judgeModel, judgeKey, concurrency);
  const progress = showProgress();
  const report = await withDatabase(findDatabase(), (db) =>
    buildTestSet(db, {
      ...{ pool, into, settings, rater },
      embedder: lexicalEmbedder(),
      onRated: (done, of) => progress.show(`${done} of ${of} prompts rated`),
    }),
  ).finally(() => progress.end());
  if (json) {
    sayJson(report);
    return;
  }
  say(`pool:${into}: ${report.prompts} prompts (${report.diverse} diverse, ${report.hard} hard), hash ${report.hash}`);
  if (settings.kind === 'diverse') return;
  say(`${report.rated} prompts rated, ${report.invalid} of them without a number that could be read`);
  if (report.hard < settings.top)
    say(`Fewer than ${settings.top} are hard: that is all there were. Raise --candidates.`);
}

function raterAt(url: string, model: string | undefined, key: string | undefined, concurrency: number): Rater {
  if (model === undefined) throw new UserError('--judge needs the name of its model: --judge-model NAME.');
  const client = createChatClient({
    ...{ url, key: readKey(key === undefined ? null : `env:${key}`), concurrency },
    ...{ timeoutMs: 120_000, retries: 6, price: { input: 0, output: 0 } },
  });
  return {
    name: difficultyJudge(model),
    async rate(prompt) {
      const sampling = { temperature: 0, topP: 1, maxTokens: 512 };
      const { text, promptTokens, completionTokens } = await client.chat({
        ...{ model, messages: difficultyMessages(prompt), sampling },
      });
      return { prompt: prompt.id, text, difficulty: readDifficulty(text), promptTokens, completionTokens };
    },
  };
}
