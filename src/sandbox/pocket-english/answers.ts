import type { Rng } from '../rng';
import { categoryOf } from './categories';
import type { Fields } from './category';
import type { PerCriterion } from './criteria';
import { frame, spoilStyle } from './form';

/**
 * An answer that meets the chosen criteria (order of `CRITERIA`) and tries to miss the others.
 * A miss in one place can cost another criterion too: an inserted filler also breaks up the phrase that it falls into.
 */
export function answer(fields: Fields, met: PerCriterion<boolean>, rng: Rng): string {
  const [correct, core2, core3, core4, style, opening, note, closing] = met;
  const core = categoryOf(fields.category).core(fields, [correct, core2, core3, core4], rng);
  const framed = frame(core, { opening, note, closing }, rng);
  return style ? framed : spoilStyle(framed, rng);
}
