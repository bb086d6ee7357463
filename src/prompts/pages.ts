import type { Prompt } from './prompt';

/** Prompts that are read through as often as needed, a page at a time, so that not all of them need to be held. */
export interface PromptPages {
  /** Prompts in all pages together. */
  rows: number;
  pages: () => AsyncIterable<readonly Prompt[]>;
}

/** Prompts that are held anyway. */
export function inOnePage(prompts: readonly Prompt[]): PromptPages {
  return {
    rows: prompts.length,
    async *pages() {
      yield await Promise.resolve(prompts);
    },
  };
}
