import type { PairCounts } from './pair-counts';
import type { Random } from './random';

/** What is resampled as a whole: prompts, or battles. */
export interface Units {
  /** How many there are. */
  readonly count: number;
  /** Units with the games of some cells only (`cells` as from `among` of pair-counts.ts); one that becomes empty is still drawn. */
  among(cells: Int32Array): Units;
  /** A function that draws `count` units with replacement and writes their games and scores into counts of the same cells. */
  resampler(random: Random): (into: PairCounts) => void;
  /**
   * The meat of the sandwich, n×n: Σ over units of u uᵀ, with u the unit's score residuals summed per player;
   * `expected` is each cell's expected share of its first player.
   */
  meat(counts: PairCounts, expected: Float64Array): Float64Array;
}

/** Adds the outer product of a vector, `times` times, to the lower triangle of an n×n matrix. */
export function addOuter(matrix: Float64Array, vector: Float64Array, times: number): void {
  const n = vector.length;
  for (let i = 0; i < n; i++) {
    const value = times * vector[i]!;
    if (value === 0) continue;
    const row = i * n;
    for (let j = 0; j <= i; j++) matrix[row + j]! += value * vector[j]!;
  }
}

/** Copies the lower triangle of an n×n matrix to the upper one. */
export function mirrorLower(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j]!;
  return matrix;
}
