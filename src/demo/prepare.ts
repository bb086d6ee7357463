import { basename, join } from 'node:path';
import type { Pool } from 'pg';
import { pythonPath, repositoryRoot, type HomePaths } from '../embedded/paths';
import { writeFileAtomic } from '../files';
import { contentId, seedFrom } from '../identity';
import { CLEAN_DEFAULTS } from '../prompts/clean/cleaner';
import { cleanPool } from '../prompts/clean/clean-pool';
import { importIntoPool } from '../prompts/import/import-pool';
import { baseRows } from '../sandbox/pocket-english/base-rows';
import { promptPool } from '../sandbox/pocket-english/pool';
import { vocabulary } from '../sandbox/pocket-english/vocabulary';
import { said } from '../selection/rows';
import { runLocalJob } from '../training/local';
import { migrate } from '../store/migrate';
import type { Job } from '../training/job';
import { demoConfig, demoPool, TEST_PROMPTS, type DemoOptions } from './config';

/** The base model: a Llama of 355 thousand parameters (shared/notes/demo-task.md §2). */
const BASE = {
  hidden: 96,
  layers: 3,
  heads: 4,
  intermediate: 256,
  steps: 1600,
  batch: 32,
  learning_rate: 3e-3,
  warmup_steps: 50,
  initializer_range: 0.08,
  rope_theta: 100,
  max_positions: 128,
};
/** The test set is the same for all seeds, so that their results compare. */
const TEST_SEED = 2;

/** Pocket English is short and repeats itself; what is broken, harmful or personal would still be dropped. */
const CLEAN = { ...CLEAN_DEFAULTS, minWords: 1, openingWords: 0, language: null };

export interface PrepareOptions extends DemoOptions {
  paths: HomePaths;
  db: Pool;
  /** Told what happens, in one line each; repeated lines about the same work begin alike. */
  say: (line: string) => void;
}

/** Makes pools of the demo's prompts and trains its base model, once for each seed; returns the configuration that uses them. */
export async function prepareDemo({
  paths,
  db,
  say,
  ...options
}: PrepareOptions): Promise<{ config: unknown; folder: string }> {
  const folder = join(paths.home, 'demo');
  await migrate(db);
  const made = (name: string, of: Parameters<typeof promptPool>[0]) => makePool(db, folder, name, promptPool(of));
  const pool = await made('pool', { count: demoPool(options), split: 'train', seed: options.seed });
  const test = await made('test', { count: TEST_PROMPTS, split: 'test', seed: TEST_SEED });
  const base = await trainBase(paths.base, options.seed, say);
  return { config: demoConfig(options, { base, pool, test }), folder };
}

/** The way of any user's prompts: a file, imported into a pool and cleaned. Names are by content: another pool never changes that of a run. */
async function makePool(
  db: Pool,
  folder: string,
  name: string,
  prompts: ReturnType<typeof promptPool>,
): Promise<string> {
  const lines = prompts.map(({ text, fields }) => JSON.stringify({ prompt: text, category: fields.category }));
  const path = join(folder, `${name}-${contentId(lines).slice(0, 12)}.jsonl`);
  await writeFileAtomic(path, `${lines.join('\n')}\n`);
  const pool = `demo-${basename(path, '.jsonl')}`;
  const [file] = await importIntoPool(db, pool, [path]);
  if (!file?.known) await cleanPool(db, pool, CLEAN);
  return `pool:${pool}`;
}

/** Trains I0 on the answers of a noisy teacher; a finished base is taken as it is, an interrupted one goes on. */
async function trainBase(root: string, seed: number, say: (line: string) => void): Promise<string> {
  const hyperparameters = { ...BASE, vocabulary: vocabulary() };
  const folder = join(root, `pocket-english-seed-${seed}-${contentId(hyperparameters).slice(0, 8)}`);
  const dataset = join(folder, 'rows.jsonl');
  const rows = [...baseRows({ count: BASE.steps * BASE.batch, seed })].map(({ prompt, answer }) =>
    JSON.stringify({ prompt: [{ role: 'user', content: prompt }], completion: said(answer) }),
  );
  await writeFileAtomic(dataset, `${rows.join('\n')}\n`);
  const job: Job = {
    version: 1,
    id: `pocket-english-seed-${seed}`,
    kind: 'pretrain',
    base: null,
    dataset,
    output: join(folder, 'model'),
    seed: seedFrom('base', seed),
    chat_template: null,
    chat_eos: null,
    launch: { device: 'cpu', threads: 1, dtype: 'float32' },
    lease: { grace_seconds: 60 },
    hyperparameters,
  };
  const trainer = { python: pythonPath(), packageFolder: join(repositoryRoot(), 'trainer') };
  const { output } = await runLocalJob(trainer, folder, job, {
    onProgress: ({ step, steps }) => say(`Training the demo's base model, once: step ${step} of ${steps}`),
  });
  return output;
}
