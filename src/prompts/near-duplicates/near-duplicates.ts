import { createBandIndex } from './band-index';
import { createSigner } from './minhash';
import { bandsOf, checkNearDuplicates, NEAR_DUPLICATE_DEFAULTS, type NearDuplicateSettings } from './settings';
import { createShingleSet } from './shingle-set';
import { createUnitPages, createUnitWriter } from './units';

/** What became of a text. */
export interface Kept {
  /** The number of the text (from 0, in the order of adding) that is kept for it: its own, or an earlier one's. */
  keeper: number;
  /** Jaccard similarity to that text; 1 for a kept one. */
  similarity: number;
}

export interface NearDuplicates {
  add(text: string): Kept;
}

/** Standard deviations of the estimate that a pair may fall short by and still be compared. */
const SPARE = 3;
/** Keeps a number that is whole but for rounding from being raised. */
const ROUNDING = 1e-9;

/**
 * Finds near-duplicates among texts as they come. A text is dropped if it is a near-duplicate of an earlier kept one, and its keeper is
 * the earliest such that is found: all of a cluster are alike to the one that is kept, and a chain of
 * small changes (a like b, b like c, c unlike a) does not swallow texts that are unlike. Candidates come from MinHash and bands, and each
 * is verified by its exact Jaccard similarity: nothing is dropped wrongly. What is missed: a pair just at a threshold of 0.4 is found
 * with probability 0.56, at 0.5 with 0.87, at 0.6 with 0.99 (128 permutations). Deterministic; memory is about half a kilobyte and the
 * text for each kept one.
 * @throws UserError for settings out of range.
 */
export function createNearDuplicates(settings: NearDuplicateSettings = NEAR_DUPLICATE_DEFAULTS): NearDuplicates {
  checkNearDuplicates(settings);
  const { permutations, shingle, jaccard } = settings;
  const deviation = Math.sqrt((jaccard * (1 - jaccard)) / permutations);
  const least = Math.max(1, Math.floor(permutations * (jaccard - SPARE * deviation)));
  const index = createBandIndex({ permutations, ...bandsOf(settings), least });
  const signer = createSigner(permutations, shingle);
  const write = createUnitWriter(shingle);
  const texts = createUnitPages();
  const shingles = createShingleSet(shingle);
  /** Of each kept text: its number among all, and how many shingles it has. */
  const kept: { numbers: number[]; sizes: number[] } = { numbers: [], sizes: [] };
  let count = 0;

  const signatureOf = (entry: number) => {
    signer.sign(texts.get(entry));
    return signer.signature;
  };

  return {
    add(text) {
      const number = count;
      count += 1;
      const units = write(text);
      signer.sign(units);
      const candidates = index.candidates(signer.signature);
      shingles.load(units);
      for (const entry of candidates) {
        const together = shingles.size + kept.sizes[entry]!;
        const needed = Math.ceil((jaccard * together) / (1 + jaccard) - ROUNDING);
        const common = shingles.common(texts.get(entry), needed);
        const similarity = common / (together - common);
        if (similarity >= jaccard) return { keeper: kept.numbers[entry]!, similarity };
      }
      index.add(signer.signature, signatureOf);
      texts.push(units);
      kept.numbers.push(number);
      kept.sizes.push(shingles.size);
      return { keeper: number, similarity: 1 };
    },
  };
}
