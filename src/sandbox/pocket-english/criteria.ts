import { categoryOf } from './categories';
import type { Fields } from './category';
import { hasStyle, unframe } from './form';
import { wordsOf } from './words';

/**
 * What the scripted judges look at, in this order; `correct` to `core4` mean something else in each category
 * (`criterionLabels`).
 */
export const CRITERIA = ['correct', 'core2', 'core3', 'core4', 'style', 'opening', 'note', 'closing'] as const;
export type CriterionName = (typeof CRITERIA)[number];

/** One number per criterion, in the order of `CRITERIA`. */
export type PerCriterion<T> = readonly [T, T, T, T, T, T, T, T];

/** What the criteria mean for a prompt, in a word each. */
export function criterionLabels(fields: Fields): PerCriterion<string> {
  return [...categoryOf(fields.category).labels, 'style', 'opening', 'note', 'closing offer'];
}

/** How far an answer meets each criterion: 0 or 1, and .4 for a part of the frame that is out of its place. */
export function criteria(fields: Fields, answer: string): PerCriterion<number> {
  const words = wordsOf(answer);
  const { core, credit } = unframe(words);
  const [correct, core2, core3, core4] = categoryOf(fields.category).judge(fields, core);
  return [Number(correct), Number(core2), Number(core3), Number(core4), Number(hasStyle(words, core)), ...credit];
}
