import { UserError } from '../../errors';
import type { Embedder } from '../embed/embedder';
import { dotAt, type VectorTable } from '../embed/vectors';
import { createOverlapFinder } from './overlap';

/** Which prompts are too near to a test: its `nearest` ones (the paper: 5), or all of at least a cosine `similarity`. */
export type NearRule = { nearest: number } | { similarity: number };

export interface ContaminationSettings {
  rule: NearRule;
  /** Words of a shared run that make a prompt contaminated whatever its embedding; 0: not looked for. */
  ngram: number;
  /** The rule `nearest` may drop this share of the pool at most. */
  maxShare: number;
}

/** The rule of settings of which one at most is given: by default the paper's where the embedding knows meaning, else a similarity. */
export function nearRule(
  { nearest, similarity }: { nearest?: number | null | undefined; similarity?: number | null | undefined },
  { semantic }: Pick<Embedder, 'semantic'>,
): NearRule {
  if (typeof nearest === 'number') return { nearest };
  if (typeof similarity === 'number') return { similarity };
  return semantic ? { nearest: CONTAMINATION_DEFAULTS.nearest } : { similarity: CONTAMINATION_DEFAULTS.similarity };
}

export const CONTAMINATION_DEFAULTS = { nearest: 5, similarity: 0.9, ngram: 13, maxShare: 0.1 };

/** A prompt (by its number) with the test it is too near to. */
export interface ContaminatedPair {
  prompt: number;
  test: number;
  /** Cosine similarity of the two. */
  similarity: number;
  /** The words that they share, where that is the reason. */
  shared: string | null;
}

export interface Contamination {
  /** `number`: by default that of its adding. Of two equally near prompts the one with the lower number is nearer. */
  add(text: string, vector: Float32Array, number?: number): void;
  /** One pair for each contaminated prompt, in the order of their numbers. @throws UserError when `nearest` would drop more than `maxShare`. */
  finish(): ContaminatedPair[];
}

/** Similarities that are offered instead of the rule `nearest`. */
const OFFERS = [0.8, 0.85, 0.9, 0.95];

/**
 * Looks for prompts that a model could learn the tests from, one prompt at a time, so that the pool's vectors need not be held.
 * Exact: every prompt is compared with every test.
 */
export function createContamination(
  tests: readonly string[],
  vectors: VectorTable,
  { rule, ngram, maxShare }: ContaminationSettings,
): Contamination {
  const overlap = ngram > 0 ? createOverlapFinder(tests, ngram) : null;
  const found = new Map<number, ContaminatedPair>();
  const nearest: ContaminatedPair[][] = tests.map(() => []);
  const above = OFFERS.map(() => 0);
  let count = 0;

  function keepNearest(pair: ContaminatedPair, most: number): void {
    const own = nearest[pair.test]!;
    if (own.length === most && isNearer(own.at(-1)!, pair)) return;
    const place = own.findIndex((one) => isNearer(pair, one));
    own.splice(place < 0 ? own.length : place, 0, pair);
    if (own.length > most) own.pop();
  }

  return {
    add(text, vector, prompt = count) {
      count += 1;
      let best: ContaminatedPair = { prompt, test: 0, similarity: -Infinity, shared: null };
      for (let test = 0; test < vectors.rows; test++) {
        const similarity = dotAt(vectors.data, test * vectors.dimensions, vector, 0, vectors.dimensions);
        if ('nearest' in rule) keepNearest({ prompt, test, similarity, shared: null }, rule.nearest);
        if (similarity > best.similarity) best = { prompt, test, similarity, shared: null };
      }
      OFFERS.forEach((offer, index) => {
        if (best.similarity >= offer) above[index]! += 1;
      });
      if ('similarity' in rule && best.similarity >= rule.similarity) found.set(prompt, best);
      const run = overlap?.find(text);
      if (!run) return;
      const similarity = dotAt(vectors.data, run.test * vectors.dimensions, vector, 0, vectors.dimensions);
      found.set(prompt, { prompt, test: run.test, similarity, shared: run.words });
    },
    finish() {
      if ('nearest' in rule) {
        const near = nearest.flat().sort((a, b) => b.similarity - a.similarity);
        const prompts = new Set(near.map(({ prompt }) => prompt));
        if (prompts.size > maxShare * count)
          throw new UserError(
            `The ${rule.nearest} nearest prompts to each of ${tests.length} tests are ${prompts.size} of ${count} (${percent(prompts.size / count)}), more than ${percent(maxShare)}. Nothing was dropped. Give a similarity instead: ${OFFERS.map((offer, index) => `${offer} drops ${percent(above[index]! / count)}`).join(', ')}.`,
          );
        for (const pair of near) if (!found.has(pair.prompt)) found.set(pair.prompt, pair);
      }
      return [...found.values()].sort((a, b) => a.prompt - b.prompt);
    },
  };
}

const isNearer = (one: ContaminatedPair, other: ContaminatedPair): boolean =>
  one.similarity > other.similarity || (one.similarity === other.similarity && one.prompt < other.prompt);

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
