import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { checkConfig } from '../../config/check';
import { loadConfig } from '../../config/load';
import { poolNameOf } from '../../config/prompt-source';
import type { Config } from '../../config/schema';
import { homePaths, pythonPath, repositoryRoot } from '../../embedded/paths';
import { lazySandbox } from '../../embedded/sandbox';
import { createModelPool } from '../../models/pool';
import { answersTo } from '../../models/recorded-answers';
import type { Prompt } from '../../prompts/prompt';
import { dealtAtRandom, promptsWith, readRunPrompts } from '../../prompts/run-prompts';
import { describeBase } from '../../training/base';
import { createTraining } from '../../training/backends';
import { findDatabase, withDatabase } from '../connect';
import { checkCalls } from './calls';
import { finding, type Finding } from './finding';

/** Everything about a configuration that the first activity of its run would refuse. */
export async function checkConfiguration(file: string, { calls }: { calls: boolean }): Promise<Finding[]> {
  let config: Config | undefined;
  const read = await finding('configuration', async () => {
    config = await loadConfig(file);
    return `${file}: ${config.name}`;
  });
  if (!config) return [read];
  const reachable = await checkReach(config, calls);
  return [read, ...reachable, ...(await checkTexts(config))];
}

/** The base model, files, keys and endpoints; and one call to each model whose endpoint can be used, whatever else is missing. */
async function checkReach(config: Config, calls: boolean): Promise<Finding[]> {
  const { logs, artifacts } = homePaths();
  const sandbox = lazySandbox(logs);
  try {
    const models = createModelPool(async () => {
      await mkdir(logs, { recursive: true });
      return sandbox.address();
    });
    const trainer = { python: anyPython(), packageFolder: join(repositoryRoot(), 'trainer') };
    const problems = await checkConfig(config, models, {
      backends: createTraining({ ...trainer, artifacts }),
      artifacts,
      hashOf: async (folder) => (await describeBase(trainer, folder)).sha256,
    });
    const found: Finding[] = problems.map(({ sentence }) => ({ name: 'models', level: 'problem', sentence }));
    const there = 'the base model, all files, keys, endpoints, training and serving are there';
    if (problems.length === 0) found.push({ name: 'models', level: 'ok', sentence: there });
    const unusable = problems.flatMap(({ endpoint }) => endpoint ?? []);
    return [...found, ...(calls ? await checkCalls(config, models, unusable) : [])];
  } finally {
    await sandbox.close();
  }
}

/** That the environment has no Python, or a wrong one, is found on the machine; a configuration can be looked at without it. */
function anyPython(): string {
  try {
    return pythonPath();
  } catch {
    return 'python3';
  }
}

/** Lends the database that pools are in; files need none. */
function withPools<T>(config: Config, body: (db: Pool | null) => Promise<T>): Promise<T> {
  const sources = [...config.prompts.source, ...(config.evaluation.testSet ?? [])];
  return sources.some((source) => poolNameOf(source) !== null) ? withDatabase(findDatabase(), body) : body(null);
}

/** Prompts, and the answers that recorded players have to them. */
async function checkTexts(config: Config): Promise<Finding[]> {
  const recorded = config.competitors.flatMap((player) =>
    'answers' in player ? [{ player: player.id, file: player.answers }] : [],
  );
  let prompts: Prompt[] = [];
  const dealt = await finding('prompts', () =>
    withPools(config, async (db) => {
      const read = await readRunPrompts(db, config);
      const parts = [...dealtAtRandom(config, read)];
      const played = parts.flatMap(([part, ids]) => (part === 'd0' ? [] : ids));
      if (recorded.length > 0) prompts = [...(await promptsWith(read, played)).values()];
      return `${read.pool.rows} in the pool, ${parts.map(([part, ids]) => `${part} ${ids.length}`).join(', ')}`;
    }),
  );
  if (dealt.level === 'problem') return [dealt];
  const answers = recorded.map((one) =>
    finding(`answers of ${one.player}`, async () => {
      const found = await answersTo(prompts, { ...one, maxMissingShare: config.arena.maxFailedShare });
      return `${found.size} of ${prompts.length} prompts`;
    }),
  );
  return [dealt, ...(await Promise.all(answers))];
}
