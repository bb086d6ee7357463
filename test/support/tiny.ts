import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigInput } from '../../src/config/schema';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { baseRows } from '../../src/sandbox/pocket-english/base-rows';
import { promptPool } from '../../src/sandbox/pocket-english/pool';
import { vocabulary } from '../../src/sandbox/pocket-english/vocabulary';
import type { ModelName } from '../../src/sandbox/models';
import { said } from '../../src/selection/rows';
import { runLocalJob } from '../../src/training/local';

/** Tokens of an answer and of a training row in Pocket English. */
export const ANSWER_TOKENS = 16;
const ROW_TOKENS = 64;

/** Writes prompts of Pocket English as a JSONL file. */
export function writePrompts(file: string, count: number, split: 'train' | 'test'): string {
  const prompts = promptPool({ count, split, seed: 5 });
  writeFileSync(
    file,
    prompts
      .map(
        ({ text, fields }, index) =>
          `${JSON.stringify({ id: `${split}-${index}`, prompt: text, category: fields.category })}\n`,
      )
      .join(''),
  );
  return file;
}

/** A real, useless model: two layers of width 32 (or another), trained for a few steps. Seconds. */
export async function trainTinyBase(folder: string, hidden = 32): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const dataset = join(folder, 'rows.jsonl');
  const [steps, batch] = [60, 16];
  const rows = [...baseRows({ count: steps * batch, seed: 1 })];
  writeFileSync(
    dataset,
    rows
      .map(
        ({ prompt, answer }) =>
          `${JSON.stringify({ prompt: [{ role: 'user', content: prompt }], completion: said(answer) })}\n`,
      )
      .join(''),
  );
  const trainer = { python: pythonPath(), packageFolder: join(repositoryRoot(), 'trainer') };
  const { output } = await runLocalJob(trainer, folder, {
    version: 1,
    id: 'tiny-base',
    kind: 'pretrain',
    base: null,
    dataset,
    output: join(folder, 'model'),
    seed: 1,
    chat_template: null,
    chat_eos: null,
    launch: { device: 'cpu', threads: 1, dtype: 'float32' },
    lease: { grace_seconds: 60 },
    hyperparameters: {
      ...{ hidden, layers: 2, heads: 2, intermediate: 2 * hidden, steps, batch, learning_rate: 3e-3, warmup_steps: 5 },
      ...{ initializer_range: 0.08, rope_theta: 100, max_positions: 128, vocabulary: vocabulary() },
    },
  });
  return output;
}

/** A folder that looks like a model and is never loaded: for runs whose target answers at an endpoint. */
export function writeFakeBase(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) writeFileSync(join(folder, name), '{}');
  writeFileSync(join(folder, 'manifest.json'), '{"sha256": "no-weights"}');
  return folder;
}

export const sandboxPlayer = (model: ModelName, concurrency = 8) => ({
  id: model,
  url: 'sandbox:',
  model,
  revision: 'scripted',
  concurrency,
  price: { input: 1, output: 2 },
  sampling: { temperature: 1, maxTokens: 40 },
});

export const sandboxJudge = (model: ModelName, concurrency = 8) => ({
  url: 'sandbox:',
  model,
  revision: 'scripted',
  concurrency,
  price: { input: 1, output: 2 },
  sampling: { temperature: 0, maxTokens: 200 },
});

/** One round of all three stages, as small as it can be and still be real. */
export function tinyConfig({ base, pool, test }: { base: string; pool: string; test: string }): ConfigInput {
  const optimiser = {
    maxLength: ROW_TOKENS,
    scheduler: 'constant' as const,
    batch: 2,
    epochs: 1,
    learningRate: 1e-3,
    maxSteps: 6,
    saveSteps: 50,
  };
  return {
    name: 'tiny',
    rounds: 1,
    target: { base, sampling: { temperature: 1, maxTokens: ANSWER_TOKENS }, serve: { kind: 'local', concurrency: 16 } },
    competitors: [sandboxPlayer('poet'), sandboxPlayer('tutor'), sandboxPlayer('coder')],
    judge: sandboxJudge('data-judge'),
    evaluation: {
      judge: sandboxJudge('evaluation-judge'),
      testSet: [test],
      size: 12,
      after: 'stage',
      bootstrapRounds: 100,
    },
    prompts: { source: [pool], sliceSize: 16 },
    arena: { batch: 12, window: 2 },
    sft: { ...optimiser, threshold: [0] },
    dpo: { ...optimiser, threshold: [0] },
    ppo: {
      ...{
        updates: 2,
        batch: 4,
        minibatch: 2,
        ppoEpochs: 1,
        maxNewTokens: ANSWER_TOKENS,
        maxPromptLength: ROW_TOKENS,
        saveUpdates: 1,
      },
      rewardModel: { ...optimiser, threshold: [0], pairs: 'all', data: 'dpo-and-ppo', holdout: 0.1, minAccuracy: 0 },
    },
    training: { device: 'cpu', graceSeconds: 20 },
    gate: { prompts: 10 },
    // No test that uses it kills a worker: what a busy machine is late with must not look like a death.
    heartbeat: { batchSeconds: 60, trainingSeconds: 60 },
  };
}
