import { InputError } from '../input-error';

/** How adaptive matchmaking spends judge calls. */
export interface AdaptiveSettings {
  /** Prompts of the test set; all pairs walk them in one order. */
  prompts: number;
  /** How often, at most, pairs are looked at; each look costs some of the error. Default 8. */
  looks: number;
  /** Prompts that every pair plays at least, before the first look. Default 20, or all where there are fewer. */
  minimum: number;
  /**
   * A settled pair rests: it plays this share of the prompts only, and those games count so much more. Without them ratings would
   * lean on close pairs, which bends them wherever the model does not hold exactly, and intervals would grow wide. 0: it stops for good.
   * Default 0.31.
   */
  restShare: number;
  /** Chance that an arena settles any pair wrongly, over all pairs and looks. Default 0.05. */
  error: number;
  /** Battles at most; null: all pairs on all prompts. */
  budget: number | null;
}

export const ADAPTIVE_DEFAULTS = { looks: 8, minimum: 20, restShare: 0.31, error: 0.05, budget: null } as const;

/**
 * Numbers of prompts at which pairs are looked at, ascending, the last one all prompts: each so many times the one before, from the
 * minimum on, because clear pairs settle early and close ones late.
 * Errors (InputError): settings out of range.
 */
export function lookSchedule({ prompts, looks, minimum, restShare }: AdaptiveSettings): number[] {
  whole('prompts', prompts, 1);
  whole('looks', looks, 1);
  whole('minimum', minimum, 2);
  if (!(restShare >= 0 && restShare <= 1))
    throw new InputError(`must lie between 0 and 1, not ${restShare}`, { field: 'restShare' });
  const first = Math.min(prompts, minimum);
  const step = looks > 1 ? (prompts / first) ** (1 / (looks - 1)) : 1;
  const ends = Array.from({ length: looks }, (_, look) => Math.min(prompts, Math.ceil(first * step ** look)));
  return [...new Set([...ends, prompts])].sort((a, b) => a - b);
}

function whole(field: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new InputError(`must be a whole number from ${least} on, not ${value}`, { field });
}
