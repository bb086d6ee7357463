import { promptId, type Prompt } from '../prompt';
import { brokenText } from './broken';
import { userText, type Filter } from './filter';
import { harmful } from './harmful';
import { createLanguageCheck } from './language';
import { createModeration, type ModerationEndpoint } from './moderation';
import { personalData } from './personal';
import { repeatedOpening, tooShort } from './words';

/** What cleaning does; the defaults are the paper's where it says one (method.md). */
export interface CleanSettings {
  broken: boolean;
  /** Words at least; 0: any. */
  minWords: number;
  harmful: boolean;
  personal: 'drop' | 'mask' | 'keep';
  /** ISO 639-1; null: any. */
  language: string | null;
  moderation: ModerationEndpoint | null;
  /** Words that make an opening; 0: openings may repeat. */
  openingWords: number;
}

export const CLEAN_DEFAULTS: CleanSettings = {
  broken: true,
  minWords: 10,
  harmful: true,
  personal: 'drop',
  language: 'en',
  moderation: null,
  openingWords: 10,
};

/** What became of a prompt: `null` it stays as it is; dropped by a step; or masked. */
export type Cleaned = null | { step: string; drop: string } | { step: string; mask: Prompt };

export interface Cleaner {
  /**
   * Cleans prompts in pool order, a verdict for each in its place. Pages may be given before the answer to the one before
   * is there, which keeps the language threads busy; they are answered in order all the same.
   */
  clean(page: readonly Prompt[]): Promise<Cleaned[]>;
  close(): Promise<void>;
}

/**
 * The steps in order: each sees only what those before it left. Repeated openings come last, so that a prompt which is
 * dropped takes no other one with it.
 * @param threads for language identification; 0: none of its own.
 */
export async function createCleaner(settings: CleanSettings, threads?: number): Promise<Cleaner> {
  const filters: Filter[] = [
    ...(settings.broken ? [brokenText()] : []),
    ...(settings.minWords > 0 ? [tooShort(settings.minWords)] : []),
    ...(settings.harmful ? [harmful()] : []),
    ...(settings.personal === 'keep' ? [] : [personalData(settings.personal)]),
  ];
  const language = settings.language === null ? null : await createLanguageCheck(settings.language, threads);
  const moderate = settings.moderation && createModeration(settings.moderation);
  const opening = settings.openingWords > 0 ? repeatedOpening(settings.openingWords) : null;
  let before: Promise<unknown> = Promise.resolve();

  /** Asks about those that are left, and notes the answers. */
  async function ask(
    kept: readonly Prompt[],
    cleaned: Cleaned[],
    step: string,
    question: (texts: string[]) => Promise<(string | null)[]>,
    reason: (found: string) => string,
  ): Promise<void> {
    const left = indicesLeft(cleaned);
    const found = await question(left.map((index) => userText(kept[index]!.messages)));
    for (const [at, index] of left.entries()) {
      const one = found[at];
      if (one !== null && one !== undefined) cleaned[index] = { step, drop: reason(one) };
    }
  }

  async function upToOpenings(page: readonly Prompt[]): Promise<{ kept: Prompt[]; cleaned: Cleaned[] }> {
    const kept = [...page];
    const cleaned = page.map((prompt, index): Cleaned => {
      const verdict = filtered(filters, prompt);
      if (verdict !== null && 'mask' in verdict) kept[index] = verdict.mask;
      return verdict;
    });
    if (language)
      await ask(
        kept,
        cleaned,
        'language',
        (texts) => language.foreign(texts),
        (code) => `another language: ${code}`,
      );
    if (moderate) await ask(kept, cleaned, 'moderation', moderate, (categories) => `moderation: ${categories}`);
    return { kept, cleaned };
  }

  async function clean(page: readonly Prompt[], turn: Promise<unknown>): Promise<Cleaned[]> {
    const [{ kept, cleaned }] = await Promise.all([upToOpenings(page), turn]);
    if (opening)
      for (const index of indicesLeft(cleaned)) {
        const verdict = opening.check(kept[index]!.messages);
        if (verdict !== null && 'drop' in verdict) cleaned[index] = { step: opening.step, ...verdict };
      }
    return cleaned;
  }

  return {
    clean(page) {
      const answer = clean(page, before);
      before = answer.catch(() => undefined);
      return answer;
    },
    close: async () => language?.close(),
  };
}

function filtered(filters: readonly Filter[], prompt: Prompt): Cleaned {
  let masked: Cleaned = null;
  let { messages } = prompt;
  for (const filter of filters) {
    const { step } = filter;
    const verdict = filter.check(messages);
    if (verdict === null) continue;
    if ('drop' in verdict) return { step, drop: verdict.drop };
    messages = verdict.mask;
    masked = { step, mask: { ...prompt, id: promptId(messages), messages } };
  }
  return masked;
}

function indicesLeft(cleaned: readonly Cleaned[]): number[] {
  const left: number[] = [];
  for (const [index, one] of cleaned.entries()) if (one === null || 'mask' in one) left.push(index);
  return left;
}
