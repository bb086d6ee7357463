import { normaliseText } from '../prompt';

/** Finds texts that share a run of words with a test. */
export interface OverlapFinder {
  /** The first test that shares a run of words with the text, and the run; null where none does. */
  find(text: string): { test: number; words: string } | null;
}

const wordsOf = (text: string): string[] =>
  normaliseText(text)
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * Runs of `size` words, as GPT-3's authors looked for benchmarks in their training data (Brown et al. 2020, appendix C: 13). A test that is
 * shorter counts as one run and is found in a text that begins and ends with it: as part of a longer text it would be a phrase.
 */
export function createOverlapFinder(tests: readonly string[], size: number): OverlapFinder {
  const runs = new Map<string, number>();
  const short = new Map<string, number>();
  tests.forEach((text, test) => {
    const words = wordsOf(text);
    if (words.length === 0) return;
    if (words.length < size) {
      const all = words.join(' ');
      if (!short.has(all)) short.set(all, test);
    }
    for (let at = 0; at + size <= words.length; at++) {
      const run = words.slice(at, at + size).join(' ');
      if (!runs.has(run)) runs.set(run, test);
    }
  });
  return {
    find(text) {
      const words = wordsOf(text);
      if (words.length < size) {
        const all = words.join(' ');
        const test = short.get(all);
        return test === undefined ? null : { test, words: all };
      }
      for (let at = 0; at + size <= words.length; at++) {
        const run = words.slice(at, at + size).join(' ');
        const test = runs.get(run);
        if (test !== undefined) return { test, words: run };
      }
      return null;
    },
  };
}
