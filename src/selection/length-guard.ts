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
  const pairs = new Map<string, Map<string, PairMeans>>();
  let battles = 0;
  eachBattle(groups, tokens, (_prompt, a, b, x, y) => {
    const pair = meansOf(pairs, a, b);
    pair.x += x;
    pair.y += y;
    pair.n += 1;
    battles += 1;
  });
  /** Every battle again, less the means of its pair. */
  const within = (use: (prompt: string, x: number, y: number) => void) =>
    eachBattle(groups, tokens, (prompt, a, b, x, y) => {
      const mean = meansOf(pairs, a, b);
      use(prompt, x - mean.x / mean.n, y - mean.y / mean.n);
    });
  let [spread, product] = [0, 0];
  within((_prompt, x, y) => {
    spread += x * x;
    product += x * y;
  });
  const clusters = groups.reduce((sum, group) => sum + (group.battles.length > 0 ? 1 : 0), 0);
  if (clusters < 2 || spread < 1e-12) return null;
  const beta = product / spread;
  const scores = new Map<string, number>();
  within((prompt, x, y) => scores.set(prompt, (scores.get(prompt) ?? 0) + x * (y - beta * x)));
  const meat = [...scores.values()].reduce((sum, score) => sum + score * score, 0);
  const se = Math.sqrt((clusters / (clusters - 1)) * meat) / spread;
  const reach = studentQuantile(0.95, clusters - 1) * se;
  return { beta, lower: beta - reach, upper: beta + reach, battles };
}

interface PairMeans {
  x: number;
  y: number;
  n: number;
}

function meansOf(pairs: Map<string, Map<string, PairMeans>>, a: string, b: string): PairMeans {
  let others = pairs.get(a);
  if (!others) pairs.set(a, (others = new Map()));
  let means = others.get(b);
  if (!means) others.set(b, (means = { x: 0, y: 0, n: 0 }));
  return means;
}

/** Each battle with its Δlog(tokens) x and its margin y, seen from the player whose id comes first. Nothing is kept: there may be millions. */
function eachBattle(
  groups: readonly Group[],
  tokens: (player: string, prompt: string) => number,
  use: (prompt: string, a: string, b: string, x: number, y: number) => void,
): void {
  for (const { prompt, battles } of groups)
    for (const { a, b, margin } of battles) {
      const x = logRatio(tokens(a, prompt), tokens(b, prompt));
      if (a < b) use(prompt, a, b, x, margin);
      else use(prompt, b, a, -x, -margin);
    }
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
