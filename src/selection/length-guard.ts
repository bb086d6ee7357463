import { studentQuantile } from '../arena/student-t';
import type { Group } from './groups';

/** Slope of the judge's margin on the log-ratio of lengths, with its 95% interval; null where lengths never differ. */
export interface LengthEffect {
  /** Judge points per natural-log unit of length: a text of double length gains β · 0.69. */
  beta: number;
  lower: number;
  upper: number;
  battles: number;
}

export interface LengthGuard {
  mode: 'off' | 'residual' | 'ratio';
  /** `ratio`: the chosen answer has at most so many times the rejected one's tokens. */
  maxRatio: number;
}

/** Natural log of the ratio of two lengths; an empty text counts as one token. */
export const logRatio = (tokens: number, other: number): number => Math.log(Math.max(1, tokens) / Math.max(1, other));

/**
 * Least squares of margin on Δlog(tokens) over a slice's battles, with an intercept for each pair of players: a player
 * that is better and longer throughout must not count as a preference for length. Interval clustered by prompt
 * (G/(G-1), Student's t with G - 1 degrees of freedom). Null with fewer than two prompts or without any difference.
 * Source: within estimator, Cameron and Miller, J. Human Resources 50 (2015), §II.
 */
export function lengthEffect(
  groups: readonly Group[],
  tokens: (player: string, prompt: string) => number,
): LengthEffect | null {
  const points = groups.flatMap(({ prompt, battles }) =>
    battles.map(({ a, b, margin }) => {
      const sign = a < b ? 1 : -1;
      return {
        prompt,
        pair: a < b ? `${a} ${b}` : `${b} ${a}`,
        x: sign * logRatio(tokens(a, prompt), tokens(b, prompt)),
        y: sign * margin,
      };
    }),
  );
  const means = new Map<string, { x: number; y: number; n: number }>();
  for (const { pair, x, y } of points) {
    const mean = means.get(pair) ?? { x: 0, y: 0, n: 0 };
    means.set(pair, { x: mean.x + x, y: mean.y + y, n: mean.n + 1 });
  }
  const within = points.map(({ prompt, pair, x, y }) => {
    const mean = means.get(pair)!;
    return { prompt, x: x - mean.x / mean.n, y: y - mean.y / mean.n };
  });
  const spread = within.reduce((sum, { x }) => sum + x * x, 0);
  const clusters = new Set(within.map(({ prompt }) => prompt)).size;
  if (clusters < 2 || spread < 1e-12) return null;
  const beta = within.reduce((sum, { x, y }) => sum + x * y, 0) / spread;
  const scores = new Map<string, number>();
  for (const { prompt, x, y } of within) scores.set(prompt, (scores.get(prompt) ?? 0) + x * (y - beta * x));
  const meat = [...scores.values()].reduce((sum, score) => sum + score * score, 0);
  const se = Math.sqrt((clusters / (clusters - 1)) * meat) / spread;
  const reach = studentQuantile(0.95, clusters - 1) * se;
  return { beta, lower: beta - reach, upper: beta + reach, battles: points.length };
}

/**
 * Why a pair does not suffice, null where it does. Its gap must reach the threshold; with `residual` what length alone
 * brings is taken off the gap first, with `ratio` the chosen answer must not be too much longer.
 */
export function refusesPair(
  { mode, maxRatio }: LengthGuard,
  effect: LengthEffect | null,
  threshold: number,
  { gap, chosenTokens, rejectedTokens }: { gap: number; chosenTokens: number; rejectedTokens: number },
): 'belowThreshold' | 'tooLong' | null {
  const bonus = mode === 'residual' ? (effect?.beta ?? 0) * logRatio(chosenTokens, rejectedTokens) : 0;
  if (gap - bonus < threshold) return gap < threshold ? 'belowThreshold' : 'tooLong';
  return mode === 'ratio' && chosenTokens > maxRatio * Math.max(1, rejectedTokens) ? 'tooLong' : null;
}
