import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sfc32, uniform, type Random } from '../../../src/arena/random';
import type { Observation } from '../../../src/arena/types';

/** Real data to check against, beside the repository and never in it. */
export const SHARED = join(__dirname, '../../../../shared/data');

/** `describe`, skipped by name where the shared data are absent. */
export const describeShared = existsSync(SHARED) ? describe : describe.skip;

/** A standard normal number. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
}

export interface Simulation {
  seed: number;
  /** Natural-log strengths of models m0, m1, … */
  strengths: readonly number[];
  prompts: number;
  /** Standard deviation of a model's own effect on each prompt: what makes battles of one prompt alike. */
  promptEffect?: number;
  ties?: number;
}

/** Round robin: on every prompt every pair plays one battle of two games. */
export function simulate({ seed, strengths, prompts, promptEffect = 0, ties = 0.15 }: Simulation): Observation[] {
  const random = sfc32(seed);
  const observations: Observation[] = [];
  for (let prompt = 0; prompt < prompts; prompt++) {
    const here = strengths.map((strength) => strength + promptEffect * normal(random));
    for (let a = 0; a < here.length; a++) {
      for (let b = a + 1; b < here.length; b++) {
        for (let game = 0; game < 2; game++) {
          const win = uniform(random) < 1 / (1 + Math.exp(here[b]! - here[a]!)) ? 1 : 0;
          const score = uniform(random) < ties ? 0.5 : win;
          observations.push({
            a: `m${a}`,
            b: `m${b}`,
            score,
            weight: 0.5,
            prompt: `p${prompt}`,
            battle: `${prompt}/${a}/${b}`,
          });
        }
      }
    }
  }
  return observations;
}

/** One observation, by battle unless a prompt is named. */
export function battle(a: string, b: string, score: 0 | 0.5 | 1, prompt: string | null = null): Observation {
  return { a, b, score, weight: 1, prompt };
}

/** The same value several times. */
export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

/** A file of its own in a temporary folder; returns its path. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const file = join(mkdtempSync(join(tmpdir(), 'arena-')), name);
  writeFileSync(file, content);
  return file;
}

/** Seeded shuffle, a new list. */
export function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = sfc32(seed);
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(random) * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
