import { z } from 'zod';
import { count, unit } from './values';

export const lora = z
  .strictObject({
    r: count.default(16),
    alpha: z.number().gt(0).default(32),
    dropout: unit.default(0),
    targetModules: z.array(z.string()).default(['q_proj', 'k_proj', 'v_proj', 'o_proj']),
  })
  .nullable()
  .default(null)
  .describe('Low-rank adapters, merged after each stage; null trains all weights.');

const optimiser = (learningRate: number, batch: number) => ({
  learningRate: z.number().gt(0).default(learningRate),
  batch: count.default(batch).describe('Rows per optimiser step, over all processes.'),
  microBatch: count.nullable().default(null).describe('Rows per forward pass; null: the whole batch.'),
  maxLength: count.default(4096).describe('Tokens at most in a training row; longer rows are counted and dropped.'),
  warmupSteps: z.int().min(0).default(0),
  scheduler: z.enum(['cosine', 'linear', 'constant']).default('cosine'),
  weightDecay: z.number().min(0).default(0),
  saveSteps: count.default(50),
  maxSteps: count.nullable().default(null),
  lora,
});

const thresholds = (values: number[]) =>
  z
    .array(z.number().min(0).max(9))
    .min(1)
    .default(values)
    .describe('Least margin of judge scores per round; the last one holds for all later rounds.');

const accumulation = z
  .enum(['accumulate', 'round'])
  .default('accumulate')
  .describe("accumulate (the paper): earlier rounds' rows of this stage and the new ones; round: the new ones alone.");

const reference = z
  .enum(['init', 'I0'])
  .default('init')
  .describe('Whom the policy is held to: the model that this stage starts from, or the start of the run.');

export const sft = z.strictObject({
  init: z.enum(['I0', 'previous']).default('I0').describe("I0: every round tunes the start anew, on all rounds' rows."),
  data: accumulation,
  threshold: thresholds([3, 1, 1]),
  epochs: z.number().gt(0).default(3),
  ...optimiser(5e-6, 128),
});

export const dpo = z.strictObject({
  reference,
  data: accumulation,
  threshold: thresholds([2, 2, 2]),
  epochs: z.number().gt(0).default(2),
  beta: z.number().gt(0).default(0.3),
  loss: z
    .array(z.enum(['sigmoid', 'sft']))
    .min(1)
    .default(['sigmoid'])
    .describe('Terms of the loss, each with weight 1.'),
  ...optimiser(5e-7, 128),
});

const rewardModel = z.strictObject({
  init: z
    .enum(['policy', 'I0'])
    .default('policy')
    .describe('Whose weights it starts from: those of the model that PPO trains, or the start of the run.'),
  pairs: z.enum(['best-worst', 'all']).default('best-worst'),
  threshold: thresholds([2, 2, 2]),
  data: z
    .enum(['stage', 'dpo-and-ppo'])
    .default('stage')
    .describe("Pairs of this round's PPO slice only, or of its DPO slice as well."),
  maxPairs: count.nullable().default(null),
  epochs: z.number().gt(0).default(1),
  centerRewards: z.number().min(0).nullable().default(null),
  holdout: unit.default(0.05).describe('Share of prompts whose pairs only measure the accuracy.'),
  minAccuracy: unit.default(0.55).describe('Held-out accuracy under which the run stops for a decision.'),
  ...optimiser(1e-6, 128),
});

export const ppo = z.strictObject({
  reference,
  data: accumulation,
  algorithm: z
    .enum(['ppo', 'rloo'])
    .default('ppo')
    .describe('ppo: ours, with a critic; rloo: REINFORCE with a leave-one-out baseline, by TRL, on the same rewards.'),
  generations: z.int().min(2).default(4).describe('rloo: answers to each prompt of an update; `batch` counts answers.'),
  epochs: z.number().gt(0).default(1),
  updates: count.nullable().default(null).describe('Updates in all; null: as many as the epochs need.'),
  batch: count.default(128),
  minibatch: count.default(32),
  ppoEpochs: count.default(2).describe('Passes over each rollout; rloo makes one.'),
  learningRate: z.number().gt(0).default(1e-7),
  valueLearningRate: z.number().gt(0).default(1e-6),
  klCoefficient: z.number().min(0).default(0.4).describe('Weight of the KL per token, on the normalised score.'),
  scoreNormalisation: z.enum(['first-batch', 'none']).default('first-batch'),
  scoreClip: z.number().gt(0).default(4),
  clip: z.number().gt(0).default(0.2),
  valueClip: z.number().gt(0).default(0.2),
  gaeLambda: unit.default(0.95),
  gamma: unit.default(1),
  temperature: z.number().gt(0).default(1),
  maxNewTokens: count.default(1024),
  maxPromptLength: count.default(3072),
  noEosScore: z.number().default(-2).describe('Normalised score of an answer that never ends.'),
  maxGradNorm: z.number().gt(0).default(1),
  saveUpdates: count.default(10),
  lora,
  rewardModel: rewardModel.prefault({}),
});
