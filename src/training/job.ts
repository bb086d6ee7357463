import { launchOf } from '../config/launch';
import type { Config, LoraConfig, StageName } from '../config/schema';

/** The launch of one kind of job, from the configuration. */
export function launchKeys({ training }: Config, kind: StageName | 'reward'): JobLaunch {
  const { device, threads, dtype } = training;
  const { processes, nodes, accelerate, gradientCheckpointing } = launchOf(training, kind);
  return { device, threads, dtype, processes, nodes, accelerate, gradient_checkpointing: gradientCheckpointing };
}

/** What the Python trainer can do; `pretrain` makes the demo's base model. */
export type JobKind = 'sft' | 'dpo' | 'reward' | 'ppo' | 'rloo' | 'pretrain';

/** The kind of job that a configuration makes of a stage's training. */
export function jobKind({ ppo }: Config, kind: StageName | 'reward'): JobKind {
  return kind === 'ppo' ? ppo.algorithm : kind;
}

/** `job.json`: the contract with `trainer/` (its `job.py` checks every key). Paths are absolute. */
export interface Job {
  version: 1;
  id: string;
  kind: JobKind;
  base: string | null;
  /** What the folders' files must hash to (`manifest.py`) before they are trained on. */
  base_sha256?: string;
  reward_model_sha256?: string;
  dataset: string;
  output: string;
  seed: number;
  chat_template: string | null;
  chat_eos: string | null;
  launch: JobLaunch;
  lease: { grace_seconds: number };
  reward_model?: string;
  /** DPO and PPO: the model that the policy is held to; absent: `base`. */
  reference?: string;
  /** An adapter of `base` to go on training. */
  adapter?: string;
  adapter_sha256?: string;
  /** What is handed on: whole weights, or the adapter itself. */
  publish?: 'merged' | 'adapter';
  hyperparameters: Record<string, unknown>;
}

/** How the trainer runs; `processes` counts those of each node. */
export interface JobLaunch {
  device: 'auto' | 'cpu';
  threads: number;
  dtype: 'float32' | 'bfloat16';
  processes?: number;
  nodes?: number;
  accelerate?: string | null;
  gradient_checkpointing?: boolean;
}

/** `result.json`, written last. */
export interface JobResult {
  status: 'done';
  output: string;
  sha256: string;
  metrics: Record<string, number>;
  steps: number;
  seconds: number;
}

/** One line of `progress.jsonl`. */
export interface JobProgress {
  step: number;
  steps: number;
  epoch: number;
  metrics: Record<string, number>;
  time: number;
}

const loraKeys = (lora: LoraConfig) =>
  lora && { r: lora.r, alpha: lora.alpha, dropout: lora.dropout, target_modules: lora.targetModules };

const optimiserKeys = (settings: Config['sft'] | Config['dpo'] | Config['ppo']['rewardModel'], world: number) => ({
  epochs: settings.epochs,
  learning_rate: settings.learningRate,
  batch: settings.batch,
  micro_batch: settings.microBatch ?? settings.batch / world,
  max_length: settings.maxLength,
  warmup_steps: settings.warmupSteps,
  scheduler: settings.scheduler,
  weight_decay: settings.weightDecay,
  save_steps: settings.saveSteps,
  max_steps: settings.maxSteps,
  lora: loraKeys(settings.lora),
});

/** RLOO in PPO's words: `minibatch` is what one forward pass holds, `maxPromptLength` a part of the whole length. */
const rlooKeys = (ppo: Config['ppo']) => ({
  epochs: ppo.epochs,
  batch: ppo.batch,
  micro_batch: ppo.minibatch,
  generations: ppo.generations,
  max_length: ppo.maxPromptLength + ppo.maxNewTokens,
  max_new_tokens: ppo.maxNewTokens,
  learning_rate: ppo.learningRate,
  kl_coefficient: ppo.klCoefficient,
  score_normalisation: ppo.scoreNormalisation,
  score_clip: ppo.scoreClip,
  no_eos_score: ppo.noEosScore,
  clip: ppo.clip,
  temperature: ppo.temperature,
  max_grad_norm: ppo.maxGradNorm,
  warmup_steps: 0,
  scheduler: 'constant',
  weight_decay: 0,
  save_steps: ppo.saveUpdates,
  max_steps: ppo.updates,
  lora: loraKeys(ppo.lora),
});

/** The trainer's settings for one kind of job, from the configuration. */
export function hyperparameters(config: Config, kind: StageName | 'reward'): Record<string, unknown> {
  const { sft, dpo, ppo } = config;
  const { world } = launchOf(config.training, kind);
  switch (kind) {
    case 'sft':
      return optimiserKeys(sft, world);
    case 'dpo':
      return { ...optimiserKeys(dpo, world), beta: dpo.beta, loss_type: dpo.loss, loss_weights: dpo.loss.map(() => 1) };
    case 'reward':
      return {
        ...optimiserKeys(ppo.rewardModel, world),
        center_rewards_coefficient: ppo.rewardModel.centerRewards,
        holdout: ppo.rewardModel.holdout,
      };
    case 'ppo':
      if (ppo.algorithm === 'rloo') return rlooKeys(ppo);
      return {
        epochs: ppo.epochs,
        updates: ppo.updates,
        batch: ppo.batch,
        minibatch: ppo.minibatch,
        micro_batch: ppo.minibatch / world,
        ppo_epochs: ppo.ppoEpochs,
        learning_rate: ppo.learningRate,
        value_learning_rate: ppo.valueLearningRate,
        kl_coefficient: ppo.klCoefficient,
        score_normalisation: ppo.scoreNormalisation,
        score_clip: ppo.scoreClip,
        clip: ppo.clip,
        value_clip: ppo.valueClip,
        gae_lambda: ppo.gaeLambda,
        gamma: ppo.gamma,
        temperature: ppo.temperature,
        max_new_tokens: ppo.maxNewTokens,
        max_prompt_length: ppo.maxPromptLength,
        no_eos_score: ppo.noEosScore,
        max_grad_norm: ppo.maxGradNorm,
        save_updates: ppo.saveUpdates,
        lora: loraKeys(ppo.lora),
      };
  }
}
