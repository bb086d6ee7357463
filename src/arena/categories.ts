import { InputError } from './input-error';
import { rate } from './rate';
import type { Observation, RateOptions, RatingTable } from './types';

/** Fewer prompts than this and a category's intervals are known to be too narrow to publish. */
const ENOUGH_PROMPTS = 20;

export interface CategoryRatings {
  /** Sorted by name. */
  categories: { category: string; prompts: number; table: RatingTable }[];
  /** Categories without a table, because they have fewer than `minPrompts` prompts. */
  tooFew: { category: string; prompts: number }[];
  /** Observations that belong to no category: no prompt, or `categoryOf` gave null. */
  uncategorised: number;
}

/**
 * One rating table per category of prompts. All tables have the same models and the same anchor, so that a model's ratings can be read
 * along a row; a model that did not play in a category is `disconnected` there.
 * Errors (InputError): as `rate`; `minPrompts` below 1.
 */
export function rateByCategory(
  observations: readonly Observation[],
  categoryOf: (prompt: string) => string | null,
  { minPrompts = ENOUGH_PROMPTS, ...options }: RateOptions & { minPrompts?: number } = {},
): CategoryRatings {
  if (!(minPrompts >= 1)) throw new InputError(`minPrompts must be 1 or more, not ${minPrompts}`);
  const players = options.players ?? [...new Set(observations.flatMap(({ a, b }) => [a, b]))];
  const groups = new Map<string, { prompts: Set<string>; observations: Observation[] }>();
  let uncategorised = 0;
  for (const observation of observations) {
    const category = observation.prompt === null ? null : categoryOf(observation.prompt);
    if (category === null || observation.prompt === null) {
      uncategorised += 1;
      continue;
    }
    let group = groups.get(category);
    if (group === undefined) groups.set(category, (group = { prompts: new Set(), observations: [] }));
    group.prompts.add(observation.prompt);
    group.observations.push(observation);
  }
  const sorted = [...groups].sort(([x], [y]) => (x < y ? -1 : 1));
  return {
    categories: sorted
      .filter(([, { prompts }]) => prompts.size >= minPrompts)
      .map(([category, group]) => ({
        category,
        prompts: group.prompts.size,
        table: rate(group.observations, { ...options, players }),
      })),
    tooFew: sorted
      .filter(([, { prompts }]) => prompts.size < minPrompts)
      .map(([category, { prompts }]) => ({ category, prompts: prompts.size })),
    uncategorised,
  };
}
