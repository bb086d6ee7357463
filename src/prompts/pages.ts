import type { Prompt } from './prompt';

/** Prompts that are read through as often as needed, a page at a time, so that not all of them need to be held. */
export interface PromptPages<One extends Prompt = Prompt> {
  /** Prompts in all pages together. */
  rows: number;
  pages: () => AsyncIterable<readonly One[]>;
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

/** All of them, for what needs all texts at once. */
export async function allOf<One extends Prompt>({ pages }: PromptPages<One>): Promise<One[]> {
  const all: One[] = [];
  for await (const page of pages()) for (const prompt of page) all.push(prompt);
  return all;
}

/** Those of some ids, by id. */
export async function pickedFrom<One extends Prompt>(
  { pages }: PromptPages<One>,
  ids: Iterable<string>,
): Promise<Map<string, One>> {
  const wanted = new Set(ids);
  const picked = new Map<string, One>();
  if (wanted.size === 0) return picked;
  for await (const page of pages()) {
    for (const prompt of page) if (wanted.has(prompt.id)) picked.set(prompt.id, prompt);
    if (picked.size === wanted.size) break;
  }
  return picked;
}
