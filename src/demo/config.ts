import type { ConfigInput } from '../config/schema';
import { DEMO_PRICES } from '../sandbox/demo-prices';
import type { ModelName } from '../sandbox/models';

export interface DemoOptions {
  seed: number;
  rounds: number;
  /** PPO with a small KL coefficient, which games the data judge: the gate must keep its parent. */
  overoptimise?: boolean;
}

/** Prompts of the demo; the pool holds what the slices and gates need, the test set is of another split. */
const SLICE = 500;
const GATE = 300;
export const TEST_PROMPTS = 400;

/**
 * PPO that games the data judge, and a gate large enough to see it. KL coefficient and updates are those of
 * shared/notes/demo-task.md §10; with our reward model the usual steps are too timid to fall as far as they did there.
 */
const OVEROPTIMISE = { klCoefficient: 0.05, updates: 15, learningRate: 8.5e-4, minibatch: 16, ppoEpochs: 2 };
const OVEROPTIMISE_GATE = 500;
const USUAL_PPO = { klCoefficient: 0.4, updates: 40, learningRate: 5e-4, minibatch: 32, ppoEpochs: 2 };

/** An answer has 29 words at most, and the token that ends it. */
const ANSWER_TOKENS = 34;
const ROW_TOKENS = 64;

/** Name of the demo's run, and so its workflow id: the same options go on where they stopped. */
export function demoName({ seed, rounds, overoptimise }: DemoOptions): string {
  return overoptimise
    ? `demo-overoptimise-seed-${seed}`
    : `demo-${rounds}-round${rounds === 1 ? '' : 's'}-seed-${seed}`;
}

/** Prompts that the demo's pool must hold. */
export function demoPool({ rounds, overoptimise }: DemoOptions): number {
  return rounds * (3 * SLICE + 4 * (overoptimise ? OVEROPTIMISE_GATE : GATE));
}

const player = (model: ModelName, joins = 0) => ({
  id: model,
  url: 'sandbox:',
  model,
  revision: 'scripted',
  concurrency: 64,
  price: DEMO_PRICES[model],
  sampling: { temperature: 1, maxTokens: ANSWER_TOKENS },
  joins,
});

const judge = (model: ModelName) => ({
  url: 'sandbox:',
  model,
  revision: 'scripted',
  concurrency: 64,
  price: DEMO_PRICES[model],
  sampling: { temperature: 0, maxTokens: 200 },
});

/**
 * The demo: a tiny real model learns Pocket English from battles with scripted competitors. Settings are those with
 * which it gained at every stage by both judges in three of three seeds (shared/notes/demo-task.md).
 */
export function demoConfig(options: DemoOptions, files: { base: string; pool: string; test: string }): ConfigInput {
  const { seed, rounds, overoptimise } = options;
  const optimiser = { maxLength: ROW_TOKENS, warmupSteps: 5, scheduler: 'cosine' as const, weightDecay: 0, epochs: 1 };
  return {
    name: demoName(options),
    seed,
    rounds,
    target: {
      base: files.base,
      contextTokens: 128,
      sampling: { temperature: 1, maxTokens: ANSWER_TOKENS },
      serve: { kind: 'local', threads: 1, concurrency: 64 },
    },
    competitors: [player('poet'), player('clerk'), player('tutor'), player('coder'), player('scholar', 2)],
    judge: judge('data-judge'),
    evaluation: {
      judge: judge('evaluation-judge'),
      testSet: [files.test],
      size: TEST_PROMPTS,
      after: 'stage',
      dataJudge: true,
    },
    prompts: { source: [files.pool], sliceSize: SLICE },
    arena: { batch: 100, window: 6 },
    sft: { ...optimiser, threshold: [0], learningRate: 5e-4, batch: 16 },
    dpo: { ...optimiser, threshold: [2], learningRate: 3e-4, batch: 16, beta: 0.1, loss: ['sigmoid', 'sft'] },
    ppo: {
      ...(overoptimise ? OVEROPTIMISE : USUAL_PPO),
      batch: 64,
      valueLearningRate: 3e-4,
      maxNewTokens: ANSWER_TOKENS,
      maxPromptLength: ROW_TOKENS,
      rewardModel: {
        ...optimiser,
        pairs: 'all',
        data: 'dpo-and-ppo',
        threshold: [1],
        maxPairs: 9000,
        learningRate: 2e-3,
        batch: 32,
        centerRewards: 0.01,
        saveSteps: 100,
      },
    },
    training: { device: 'cpu', threads: 1, graceSeconds: 60 },
    gate: { prompts: overoptimise ? OVEROPTIMISE_GATE : GATE, rule: 'not-worse' },
    heartbeat: { batchSeconds: 10, trainingSeconds: 15 },
  };
}
