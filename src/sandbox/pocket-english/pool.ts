import { seedFrom } from '../../identity';
import { UserError } from '../../errors';
import { Rng } from '../rng';
import { CATEGORIES, type CategoryName } from './category';
import { makePrompt, splitOf, type PocketPrompt, type Split } from './prompts';

/** Draws without a new prompt after which a category's supply counts as used up. */
const PATIENCE = 20_000;

/**
 * Unique prompts of one split, the five categories in turn. The same arguments give the same pool, and a longer pool
 * begins with the shorter one.
 * @param exclude texts that must not come again.
 * @throws UserError when a category has no more of them; planning is the scarcest with 3,200 in both splits: about
 * 13,000 train and 2,300 test prompts in all.
 */
export function promptPool(request: {
  count: number;
  split: Split;
  seed: number;
  exclude?: Iterable<string>;
}): PocketPrompt[] {
  const { count, split, seed } = request;
  const rng = new Rng(seedFrom('pocket-english pool', split, seed));
  const seen = new Set(request.exclude);
  const pool: PocketPrompt[] = [];
  while (pool.length < count) {
    const category = CATEGORIES[pool.length % CATEGORIES.length] as CategoryName;
    const prompt = newPrompt(rng, category, split, seen);
    if (!prompt)
      throw new UserError(
        `Pocket English has no more ${split} prompts of the category "${category}" after ${pool.length} of the ${count} asked for; ask for ${pool.length} at most.`,
      );
    seen.add(prompt.text);
    pool.push(prompt);
  }
  return pool;
}

/** A prompt that is not in `seen`, or null where patience ends. */
function newPrompt(rng: Rng, category: CategoryName, split: Split, seen: ReadonlySet<string>): PocketPrompt | null {
  for (let draw = 0; draw < PATIENCE; draw++) {
    const prompt = makePrompt(rng, category);
    if (!seen.has(prompt.text) && splitOf(prompt.text) === split) return prompt;
  }
  return null;
}
