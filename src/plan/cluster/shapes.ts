/** A decoder-only transformer with grouped-query attention and a gated MLP, dense or a mixture of experts. */
export interface Shape {
  name: string;
  layers: number;
  hidden: number;
  intermediate: number;
  heads: number;
  kvHeads: number;
  headSize: number;
  vocabulary: number;
  experts: number;
  /** Experts that each token goes through. */
  expertsUsed: number;
}

const dense = { experts: 1, expertsUsed: 1 };

/** Shapes as the published configurations of these models state them (config.json). */
export const SHAPES = {
  '7B': {
    ...{ name: 'Mistral 7B v0.1', layers: 32, hidden: 4096, intermediate: 14_336 },
    ...{ heads: 32, kvHeads: 8, headSize: 128, vocabulary: 32_000, ...dense },
  },
  '70B': {
    ...{ name: 'Llama 3 70B', layers: 80, hidden: 8192, intermediate: 28_672 },
    ...{ heads: 64, kvHeads: 8, headSize: 128, vocabulary: 128_256, ...dense },
  },
  '8x22B': {
    ...{ name: 'Mixtral 8x22B v0.1', layers: 56, hidden: 6144, intermediate: 16_384 },
    ...{ heads: 48, kvHeads: 8, headSize: 128, vocabulary: 32_000, experts: 8, expertsUsed: 2 },
  },
} satisfies Record<string, Shape>;

export type TargetName = keyof typeof SHAPES;

/** Weights of one layer, with `experts` of its experts: attention, the router and gated MLPs; norms are left out (below 0.01%). */
export function layerParameters(
  { hidden, intermediate, heads, kvHeads, headSize, experts }: Shape,
  counted = experts,
): number {
  const attention = 2 * hidden * heads * headSize + 2 * hidden * kvHeads * headSize;
  const router = experts > 1 ? hidden * experts : 0;
  return attention + router + counted * 3 * hidden * intermediate;
}

/** All weights: layers, embedding and head. */
export function parameters(shape: Shape): number {
  return shape.layers * layerParameters(shape) + 2 * shape.vocabulary * shape.hidden;
}

/** The weights that one token goes through. */
export function activeParameters(shape: Shape): number {
  return shape.layers * layerParameters(shape, shape.expertsUsed) + 2 * shape.vocabulary * shape.hidden;
}
