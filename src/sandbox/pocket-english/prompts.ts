import { sha256 } from '../../identity';
import type { Rng } from '../rng';
import { categoryOf } from './categories';
import { CATEGORIES, type CategoryName, type Fields } from './category';
import { canSay, fill, match } from './template';
import { wordsOf } from './words';

export interface PocketPrompt {
  text: string;
  fields: Fields;
}

/** Draws a prompt of a category. */
export function makePrompt(rng: Rng, category: CategoryName): PocketPrompt {
  const task = categoryOf(category);
  const fields = task.draw(rng);
  const slots = task.slots(fields);
  const wording = rng.pick(task.templates.filter((template) => canSay(template, slots)));
  return { text: fill(wording, slots), fields };
}

/** What a text asks for, or null where it is no Pocket English prompt. */
export function parsePrompt(text: string): Fields | null {
  const normal = wordsOf(text).join(' ');
  for (const name of CATEGORIES) {
    const task = categoryOf(name);
    for (const template of task.templates) {
      const slots = match(template, normal);
      const fields = slots && task.fields(slots);
      if (fields) return fields;
    }
  }
  return null;
}

export type Split = 'train' | 'test';

/** Share of all prompts that only tests see: 40 of 256. */
const TEST_BYTES = 40;

/** The split of a prompt, by the first byte of its hash, so that no seed and no pool can mix the two. */
export function splitOf(text: string): Split {
  return Number.parseInt(sha256(text).slice(0, 2), 16) < TEST_BYTES ? 'test' : 'train';
}
