import type { Gpu } from './gpu';
import { layerParameters, parameters, type Shape } from './shapes';

export type TrainedStage = 'sft' | 'dpo' | 'reward' | 'ppo';

/**
 * Bytes for each weight of a model that is trained in mixed precision with Adam: 2 for it and 2 for its gradient in bfloat16, and 4 + 4 + 4 for its copy
 * and both moments in float32. Source: ZeRO (arXiv 1910.02054), section 3.1: 2 + 2 + K with K = 12.
 */
export const TRAINED_BYTES = 16;
/** … of a model that only answers, in bfloat16. */
export const FROZEN_BYTES = 2;

/** Models of a stage: those that are trained, and those that are frozen beside them. All are of the target's shape. */
const MODELS: Record<TrainedStage, { trained: number; frozen: number }> = {
  sft: { trained: 1, frozen: 0 },
  // The reference.
  dpo: { trained: 1, frozen: 1 },
  reward: { trained: 1, frozen: 0 },
  // Policy and critic; reference and reward model.
  ppo: { trained: 2, frozen: 2 },
};

/** Bytes of weights, gradients and optimiser that a stage holds in all, whatever number of GPUs shares them. */
export function stateBytes(shape: Shape, stage: TrainedStage): number {
  const { trained, frozen } = MODELS[stage];
  return parameters(shape) * (trained * TRAINED_BYTES + frozen * FROZEN_BYTES);
}

/** Sequences that one GPU holds at a time with a micro-batch of one row: a pair is two. */
const SEQUENCES: Record<TrainedStage, number> = { sft: 1, dpo: 2, reward: 2, ppo: 1 };

/**
 * Bytes that each GPU needs beside its share of the state, for a micro-batch of one row of so many tokens:
 *
 * - what activation checkpointing keeps, 2·s·h a layer, and one layer worked out anew, 34·s·h without the attention matrix, which
 *   flash attention does not store (Korthikanti et al., arXiv 2205.05198, sections 4.1 and 5);
 * - the logits in bfloat16 with a float32 copy and its gradient, 10 bytes a token and word (a reward model has none);
 * - two layers' gathered weights in bfloat16, the one in work and the next, as FSDP and ZeRO-3 fetch them.
 */
export function workingBytes(shape: Shape, stage: TrainedStage, tokens: number): number {
  const s = tokens * SEQUENCES[stage];
  const checkpoints = 2 * s * shape.hidden * shape.layers;
  const layer = 34 * s * shape.hidden;
  const logits = stage === 'reward' ? 0 : 10 * s * shape.vocabulary;
  return checkpoints + layer + logits + 2 * FROZEN_BYTES * layerParameters(shape);
}

/**
 * The fewest whole nodes over which a stage fits, its state shared by all of their GPUs (ZeRO-3, FSDP), and over whose GPUs a batch of so many rows
 * divides.
 */
export function nodesFor(
  shape: Shape,
  stage: TrainedStage,
  { tokens, batch }: { tokens: number; batch: number },
  gpu: Gpu,
): number {
  const room = gpu.usable * gpu.bytes - workingBytes(shape, stage, tokens);
  if (room <= 0) throw new Error(`${shape.name}: a row of ${tokens} tokens alone does not fit a ${gpu.name}`);
  let nodes = Math.ceil(stateBytes(shape, stage) / room / gpu.perNode);
  while (nodes * gpu.perNode <= batch && batch % (nodes * gpu.perNode) !== 0) nodes++;
  if (nodes * gpu.perNode > batch)
    throw new Error(
      `${shape.name}: ${stage} needs ${nodes * gpu.perNode} GPUs, more than the ${batch} rows of a batch`,
    );
  return nodes;
}

/** Bytes of one token's keys and values in bfloat16. */
export function cacheBytes({ layers, kvHeads, headSize }: Shape): number {
  return 2 * 2 * layers * kvHeads * headSize;
}

/** The fewest GPUs (a power of two) that hold a model for serving with so many tokens in its cache. */
export function servingGpus(shape: Shape, cachedTokens: number, gpu: Gpu): number {
  const bytes = FROZEN_BYTES * parameters(shape) + cachedTokens * cacheBytes(shape);
  return 2 ** Math.ceil(Math.log2(Math.max(1, bytes / (gpu.usable * gpu.bytes))));
}
