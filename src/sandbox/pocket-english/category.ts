import type { Rng } from '../rng';
import type { Slots, Template } from './template';
import type { Kind, Operation, Tone } from './words';

/** What a prompt asks for, by category. The scripted players and judges recover it from the prompt's text alone. */
export type Fields =
  | { category: 'writing'; name: string; topic: string; tone: Tone }
  | {
      category: 'extraction';
      kind: Kind;
      words: readonly string[];
      /** The one of `words` that is of the kind. */ word: string;
    }
  | { category: 'math'; name: string; thing: string; a: number; b: number; sign: 'plus' | 'minus' }
  | { category: 'coding'; name: string; operation: Operation; x: string; y: string }
  | { category: 'planning'; name: string; kind: Kind; count: number };

export const CATEGORIES = ['writing', 'extraction', 'math', 'coding', 'planning'] as const;
export type CategoryName = (typeof CATEGORIES)[number];
export type FieldsOf<C extends CategoryName> = Extract<Fields, { category: C }>;

/** Whether each of the four criteria of a category's core is met; the first one is correctness. */
export type Core = readonly [correct: boolean, core2: boolean, core3: boolean, core4: boolean];

/** One category: its prompts, the answers to them with chosen faults, and what makes an answer good. */
export interface Category<C extends CategoryName> {
  /** What the four core criteria mean here, in a word each. */
  readonly labels: readonly [string, string, string, string];
  readonly templates: readonly Template[];
  /** Fixed words of this category's answers, beside the word lists and the prompts' values. */
  readonly phrases: readonly string[];
  draw(rng: Rng): FieldsOf<C>;
  /** The values that the templates show. */
  slots(fields: FieldsOf<C>): Slots;
  /** The inverse of `slots`; null where a value is none of the task's words. */
  fields(slots: Slots): FieldsOf<C> | null;
  /** An answer without opening, note and closing offer, that meets the chosen criteria and misses the others. */
  core(fields: FieldsOf<C>, met: Core, rng: Rng): string;
  /** Which criteria the words of a core answer meet. */
  judge(fields: FieldsOf<C>, words: readonly string[]): Core;
}
