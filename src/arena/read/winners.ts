import { createByteNames } from './byte-names';
import { SCORES } from './row';

/** Reads the column `winner` from bytes. */
export interface Winners {
  /** Twice model_a's share: 2 win, 1 tie, 0 loss; -1 where the bytes name no winner. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number;
}

export function createWinners(): Winners {
  const spelt = createByteNames();
  return {
    ofBytes(bytes, start, end) {
      const number = spelt.ofBytes(bytes, start, end);
      const score = number < 0 ? undefined : SCORES.get(spelt.names[number]!);
      return score === undefined ? -1 : 2 * score;
    },
  };
}
