import { UserError } from '../../errors';

export interface NearDuplicateSettings {
  /** Hash functions of a signature, a multiple of 4. */
  permutations: number;
  /** Characters (UTF-16 code units) of a shingle. */
  shingle: number;
  /** From which Jaccard similarity of their shingles two texts are near-duplicates, 0 to 1. */
  jaccard: number;
}

/** The paper's (Arena Learning, appendix on data: MinhashLSH, threshold 0.4, 128 permutations); shingles of 5 characters are ours. */
export const NEAR_DUPLICATE_DEFAULTS: NearDuplicateSettings = { permutations: 128, shingle: 5, jaccard: 0.4 };

/** How far above the threshold a pair must be found with this probability. */
const [ABOVE, FOUND] = [0.15, 0.95];

/** @throws UserError that names the setting. */
export function checkNearDuplicates({ permutations, shingle, jaccard }: NearDuplicateSettings): void {
  if (!Number.isInteger(permutations) || permutations < 16 || permutations > 1024 || permutations % 4 !== 0)
    throw new UserError(`permutations: ${permutations} must be a multiple of 4 from 16 to 1024; the paper's is 128.`);
  if (!Number.isInteger(shingle) || shingle < 1 || shingle > 64)
    throw new UserError(`shingle: ${shingle} must be a whole number of characters from 1 to 64; usual is 5.`);
  if (!(jaccard > 0 && jaccard <= 1))
    throw new UserError(`jaccard: ${jaccard} must be above 0 and at most 1; the paper's is 0.4.`);
}

/**
 * Bands and the signature's rows in each: as many rows as still find a pair a little above the threshold nearly always
 * (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4.2: a pair of similarity s is a candidate with probability
 * 1 - (1 - s^rows)^bands). For 128 and 0.4: 32 bands of 4.
 */
export function bandsOf({ permutations, jaccard }: NearDuplicateSettings): { bands: number; rows: number } {
  // Between a high threshold and 1 there is less room.
  const similarity = Math.min(jaccard + ABOVE, (jaccard + 1) / 2);
  let rows = 1;
  while (rows < permutations && 1 - (1 - similarity ** (rows + 1)) ** Math.floor(permutations / (rows + 1)) >= FOUND)
    rows += 1;
  return { bands: Math.floor(permutations / rows), rows };
}
