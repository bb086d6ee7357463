import { fitBradleyTerry } from '../../src/arena/bradley-terry';
import type { PairCounts } from '../../src/arena/pair-counts';
import { uniform, type Random } from '../../src/arena/random';
import type { Observation } from '../../src/arena/types';
import { allPairs } from '../../src/arena/matchmaking/adaptive';

/** A simulated arena: known strengths, an effect of each model on each prompt, ties. */
export interface World {
  /** Natural-log strengths, mean 0. */
  strengths: readonly number[];
  prompts: number;
  /** Standard deviation of a model's own effect on a prompt. */
  effect: number;
  ties: number;
}

export const nameOf = (model: number): string => `m${String(model).padStart(2, '0')}`;

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}

/** Draws each model's effect on each prompt, and returns a game of two of them: the first one's share. */
export function openArena(
  { strengths, prompts, effect, ties }: World,
  random: Random,
): (prompt: number, a: number, b: number) => 0 | 0.5 | 1 {
  const n = strengths.length;
  const effects = new Float64Array(prompts * n).map(() => effect * normal(random));
  return (prompt, a, b) => {
    if (uniform(random) < ties) return 0.5;
    const gap = strengths[a]! - strengths[b]! + effects[prompt * n + a]! - effects[prompt * n + b]!;
    return uniform(random) < 1 / (1 + Math.exp(-gap)) ? 1 : 0;
  };
}

/** Some battles on each prompt between pairs drawn at random, one game each. */
export function randomBattles(world: World, perPrompt: number, random: Random): Observation[] {
  const play = openArena(world, random);
  const pairs = allPairs(world.strengths.map((_, model) => String(model)));
  return Array.from({ length: world.prompts * perPrompt }, (_, index): Observation => {
    const prompt = Math.floor(index / perPrompt);
    const pair = pairs[Math.floor((random() / 2 ** 32) * pairs.length)]!;
    const [a, b] = [Number(pair[0]), Number(pair[1])];
    return { a: nameOf(a), b: nameOf(b), score: play(prompt, a, b), weight: 1, prompt: String(prompt) };
  });
}

/**
 * What the ratings estimate: the Bradley-Terry strengths (natural log, mean 0, in the order of the models) closest to the expected win
 * matrix, in which each prompt's effects are averaged out.
 */
export function truth({ strengths, effect, ties }: World): Float64Array {
  const pairs = strengths.flatMap((_, i) => strengths.flatMap((__, j) => (j > i ? [[i, j] as const] : [])));
  const counts: PairCounts = {
    size: strengths.length,
    first: Int32Array.from(pairs, ([i]) => i),
    second: Int32Array.from(pairs, ([, j]) => j),
    games: new Float64Array(pairs.length).fill(1),
    scores: Float64Array.from(
      pairs,
      ([i, j]) => (1 - ties) * meanShare(strengths[i]! - strengths[j]!, effect * Math.SQRT2) + ties / 2,
    ),
  };
  return fitBradleyTerry(counts).theta;
}

/** E[1 / (1 + exp(-(gap + sd · Z)))] for a standard normal Z, by the trapezoid rule on ±9 standard deviations. */
function meanShare(gap: number, sd: number): number {
  const step = 0.01;
  let sum = 0;
  for (let z = -9; z <= 9; z += step)
    sum += (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * (step / (1 + Math.exp(-(gap + sd * z))));
  return sum;
}
