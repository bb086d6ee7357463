import type { Gpu } from './gpu';
import { cacheBytes, FROZEN_BYTES, servingGpus, type TrainedStage } from './memory';
import { activeParameters, parameters, type Shape } from './shapes';

/** Operations of one token forward: 2 for each weight it goes through, and 2·2 for each pair of it and one before in attention. */
export function forwardFlops(shape: Shape, context: number): number {
  // Each token sees half of its sequence, on average.
  const attention = 4 * shape.layers * shape.heads * shape.headSize * (context / 2);
  return 2 * activeParameters(shape) + attention;
}

/**
 * Forward passes that a token of a stage costs. A backward pass is two (Kaplan et al., arXiv 2001.08361: 6 N a token for both), and with activation
 * checkpointing the forward pass is done once more: 4. DPO adds its reference; PPO scores a rollout by reward model, reference and
 * critic, and then trains policy and critic `ppoEpochs` times.
 */
export function passesOf(stage: TrainedStage, ppoEpochs: number): number {
  const train = 4;
  return { sft: train, reward: train, dpo: train + 1, ppo: 3 + ppoEpochs * 2 * train }[stage];
}

/** Seconds to train on so many tokens. */
export function trainingSeconds(
  shape: Shape,
  stage: TrainedStage,
  { tokens, context, ppoEpochs }: { tokens: number; context: number; ppoEpochs: number },
  gpus: number,
  gpu: Gpu,
): number {
  return (tokens * passesOf(stage, ppoEpochs) * forwardFlops(shape, context)) / (gpus * gpu.flops * gpu.trainingUse);
}

/** Calls to a served model. */
export interface Calls {
  calls: number;
  promptTokens: number;
  completionTokens: number;
}

/** Calls in flight at one replica. */
const IN_FLIGHT = 128;

/** GPUs of one replica, with room for its calls in flight. */
export function replicaGpus(shape: Shape, { promptTokens, completionTokens }: Omit<Calls, 'calls'>, gpu: Gpu): number {
  return servingGpus(shape, IN_FLIGHT * (promptTokens + completionTokens), gpu);
}

/**
 * GPU-seconds of calls to a served model. Reading prompts is bound by arithmetic; writing by memory: each step reads all weights (of a mixture with
 * many calls in flight: all experts) and the cache of each call, and gives each call one token.
 */
export function servingGpuSeconds(shape: Shape, asked: Calls, gpu: Gpu): number {
  const { calls, promptTokens, completionTokens } = asked;
  const read = (promptTokens * forwardFlops(shape, promptTokens)) / (gpu.flops * gpu.prefillUse);
  const cached = promptTokens + completionTokens / 2;
  const step = FROZEN_BYTES * parameters(shape) + IN_FLIGHT * cached * cacheBytes(shape);
  const written = (completionTokens * step) / (IN_FLIGHT * gpu.bandwidth * gpu.decodeUse);
  return calls * (read + written);
}
