import type { Rng } from '../rng';
import { answer } from './answers';
import type { CategoryName, Fields } from './category';

/** How often a scripted player meets each criterion. */
export interface Skill {
  /** Probability of each of the five core criteria (style included), by category. */
  core: Readonly<Record<CategoryName, number>>;
  /** Probabilities of opening, note and closing. */
  form: readonly [opening: number, note: number, closing: number];
}

/**
 * The scripted players. Each of the first four leads one category and none is good everywhere; the scholar is good
 * everywhere.
 */
export const SKILLS = {
  poet: { core: { writing: 0.92, extraction: 0.62, math: 0.5, coding: 0.45, planning: 0.75 }, form: [0.7, 0.3, 0.75] },
  clerk: { core: { writing: 0.62, extraction: 0.92, math: 0.7, coding: 0.5, planning: 0.72 }, form: [0.5, 0.7, 0.4] },
  tutor: { core: { writing: 0.6, extraction: 0.65, math: 0.92, coding: 0.7, planning: 0.6 }, form: [0.6, 0.6, 0.6] },
  coder: {
    core: { writing: 0.48, extraction: 0.66, math: 0.72, coding: 0.92, planning: 0.6 },
    form: [0.35, 0.7, 0.35],
  },
  scholar: {
    core: { writing: 0.85, extraction: 0.85, math: 0.85, coding: 0.85, planning: 0.85 },
    form: [0.75, 0.75, 0.75],
  },
} as const satisfies Record<string, Skill>;

export type PlayerName = keyof typeof SKILLS;
export const PLAYERS = Object.keys(SKILLS) as PlayerName[];

/** The noisy teacher from which the demo's base model learns the language. */
export const BASE_SKILL: Skill = {
  core: { writing: 0.5, extraction: 0.5, math: 0.5, coding: 0.5, planning: 0.5 },
  form: [0.25, 0.25, 0.25],
};

/** An answer of a given skill: each criterion is met or missed by a draw of its own. */
export function skilledAnswer(fields: Fields, { core, form: [opening, note, closing] }: Skill, rng: Rng): string {
  const meets = (): boolean => rng.chance(core[fields.category]);
  return answer(
    fields,
    [meets(), meets(), meets(), meets(), meets(), rng.chance(opening), rng.chance(note), rng.chance(closing)],
    rng,
  );
}
