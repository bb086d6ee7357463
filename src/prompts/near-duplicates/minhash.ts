import { mix } from './mix';
import type { Units } from './units';

/** Makes signatures, one at a time: each overwrites the last. */
export interface Signer {
  /** One value for each permutation, of the text that was signed last. */
  readonly signature: Uint32Array;
  sign(units: Units): void;
}

const BASE = 0x01000193;
const EMPTY = 0xffffffff;

/**
 * MinHash with one permutation (Li, Owen, Zhang 2012): each shingle falls into one bin by its hash, a bin keeps its least one. An empty
 * bin borrows from another that its own number chooses (Shrivastava 2017, optimal densification), so that two texts
 * agree in a bin with the probability of their Jaccard similarity, for one hash per shingle instead of one for each
 * permutation. No randomness: the same text always has the same signature.
 */
export function createSigner(permutations: number, shingle: number): Signer {
  const signature = new Uint32Array(permutations);
  const filled = new Uint8Array(permutations);
  let outgoing = 1;
  for (let unit = 0; unit < shingle; unit++) outgoing = Math.imul(outgoing, BASE);

  function borrow(): void {
    for (let bin = 0; bin < permutations; bin++) {
      if (filled[bin] === 1) continue;
      let from = bin;
      for (let attempt = 1; filled[from] === 0; attempt++)
        from = mix(Math.imul(bin + 1, 0x9e3779b1) + Math.imul(attempt, 0x85ebca77)) % permutations;
      signature[bin] = signature[from]!;
    }
  }

  return {
    signature,
    sign({ data, length }) {
      signature.fill(EMPTY);
      filled.fill(0);
      let hash = 0;
      for (let at = 0; at < length; at++) {
        hash = (Math.imul(hash, BASE) + data[at]! + 1) | 0;
        if (at >= shingle) hash = (hash - Math.imul(data[at - shingle]! + 1, outgoing)) | 0;
        if (at < shingle - 1) continue;
        const value = mix(hash);
        const bin = value % permutations;
        filled[bin] = 1;
        if (value < signature[bin]!) signature[bin] = value;
      }
      borrow();
    },
  };
}
