import { seedFrom } from '../../identity';
import { Rng } from '../rng';
import { CATEGORIES } from './category';
import { makePrompt, splitOf } from './prompts';
import { BASE_SKILL, skilledAnswer } from './skills';

export interface BaseRow {
  prompt: string;
  answer: string;
}

/**
 * Rows for the base model's pre-training: train prompts only, drawn with replacement, answered by the noisy teacher.
 */
export function* baseRows({ count, seed }: { count: number; seed: number }): Generator<BaseRow> {
  const rng = new Rng(seedFrom('pocket-english base rows', seed));
  for (let made = 0; made < count;) {
    const { text, fields } = makePrompt(rng, rng.pick(CATEGORIES));
    if (splitOf(text) !== 'train') continue;
    yield { prompt: text, answer: skilledAnswer(fields, BASE_SKILL, rng) };
    made++;
  }
}
