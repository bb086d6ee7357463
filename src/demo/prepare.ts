import { join } from 'node:path';
import { pythonPath, repositoryRoot, type HomePaths } from '../embedded/paths';
import { writeFileAtomic } from '../files';
import { contentId, seedFrom } from '../identity';
import { baseRows } from '../sandbox/pocket-english/base-rows';
import { promptPool } from '../sandbox/pocket-english/pool';
import { vocabulary } from '../sandbox/pocket-english/vocabulary';
import { said } from '../selection/rows';
import { runLocalJob } from '../training/local';
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

export interface PrepareOptions extends DemoOptions {
  paths: HomePaths;
  /** Told what happens, in one line each; repeated lines about the same work begin alike. */
  say: (line: string) => void;
}

/** Writes the demo's prompts and trains its base model, once for each seed; returns the configuration that uses them. */
export async function prepareDemo({
  paths,
  say,
  ...options
}: PrepareOptions): Promise<{ config: unknown; folder: string }> {
  const folder = join(paths.home, 'demo');
  const pool = await writePrompts(
    folder,
    'pool',
    promptPool({ count: demoPool(options), split: 'train', seed: options.seed }),
  );
  const test = await writePrompts(folder, 'test', promptPool({ count: TEST_PROMPTS, split: 'test', seed: TEST_SEED }));
  const base = await trainBase(paths.base, options.seed, say);
  return { config: demoConfig(options, { base, pool, test }), folder };
}

/** Written under a name by content: another pool never changes the file of a run that reads it. */
async function writePrompts(folder: string, name: string, prompts: ReturnType<typeof promptPool>): Promise<string> {
  const lines = prompts.map(({ text, fields }) => JSON.stringify({ prompt: text, category: fields.category }));
  const path = join(folder, `${name}-${contentId(lines).slice(0, 12)}.jsonl`);
  await writeFileAtomic(path, `${lines.join('\n')}\n`);
  return path;
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
