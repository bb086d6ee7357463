import { createByteNames } from './byte-names';
import { SCORES } from './row';

/** Reads the column `winner` from bytes. */
export interface Winners {
  /** Twice model_a's share: 2 win, 1 tie, 0 loss; -1 where the bytes name no winner. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number;
  /** The same of what stands up to a double quote, whose index `end` is then: see `ByteNames`. */
  ofQuoted(bytes: Uint8Array, start: number): number;
  readonly end: number;
}

export function createWinners(): Winners {
  const words = createByteNames();
  const outcomes = [...SCORES].map(([word, score]) => {
    words.number(word);
    return 2 * score;
  });
  return {
    ofBytes: (bytes, start, end) => outcomes[words.ofBytes(bytes, start, end)] ?? -1,
    ofQuoted: (bytes, start) => outcomes[words.ofQuoted(bytes, start)] ?? -1,
    get end() {
      return words.end;
    },
  };
}
