import type { Category, CategoryName } from './category';
import { coding } from './coding';
import { extraction } from './extraction';
import { math } from './math';
import { planning } from './planning';
import { writing } from './writing';

const categories: { readonly [C in CategoryName]: Category<C> } = { writing, extraction, math, coding, planning };

/** The category of this name; pass it only fields of its own. */
export function categoryOf(name: CategoryName): Category<CategoryName> {
  return categories[name] as Category<CategoryName>;
}
