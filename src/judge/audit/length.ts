import { clustered, interval, share, type Measure } from './clustered';
import type { Judgement } from './judgement';

/** How a judge's preference goes with length. Better answers may be longer: only beside people's does it tell a bias. */
export interface LengthBias {
  /** Share of the decided judgements, on answers of different lengths, that the longer answer wins. */
  longerWins: Measure;
  /** Log-odds of winning that an answer of twice the length has; 0: none. Ties are half a win each. */
  slope: Measure;
}

interface Point {
  question: string;
  /** log2 of a's length over b's. */
  ratio: number;
  /** a's share. */
  score: number;
}

export function lengthBias(judgements: readonly Judgement[]): LengthBias {
  const points = judgements.flatMap(({ question, outcome, lengths }): Point[] => {
    if (!lengths || outcome === 'invalid' || lengths[0] === 0 || lengths[1] === 0) return [];
    const score = outcome === 'a' ? 1 : outcome === 'b' ? 0 : 0.5;
    return [{ question, ratio: Math.log2(lengths[0] / lengths[1]), score }];
  });
  const decided = points.filter(({ ratio, score }) => ratio !== 0 && score !== 0.5);
  const questions = new Map<string, Point[]>();
  for (const point of points) questions.set(point.question, [...(questions.get(point.question) ?? []), point]);
  const all = new Set(points);
  const without = [...questions.values()].map((own) => slopeOf([...all].filter((point) => !own.includes(point))));
  return {
    longerWins: clustered(
      decided.map(({ question, ratio, score }) => ({
        question,
        sums: [1, ratio > 0 === (score === 1) ? 1 : 0] as const,
      })),
      share,
    ),
    slope: { ...interval(slopeOf(points), without), n: points.length },
  };
}

/**
 * Maximum likelihood of P(a wins) = 1/(1 + exp(-slope · ratio)), without an intercept: swapping the sides changes nothing.
 * By bisection of its derivative, which falls. Null where one sign of the ratio decides everything, or nothing differs in length.
 */
function slopeOf(points: readonly Point[]): number | null {
  const derivative = (slope: number) =>
    points.reduce((sum, { ratio, score }) => sum + ratio * (score - 1 / (1 + Math.exp(-slope * ratio))), 0);
  const gain = points.reduce((sum, { ratio, score }) => sum + Math.abs(ratio) * (ratio > 0 ? score : 1 - score), 0);
  const whole = points.reduce((sum, { ratio }) => sum + Math.abs(ratio), 0);
  if (gain <= 0 || gain >= whole) return null;
  let [low, high] = [-1, 1];
  while (derivative(low) < 0) low *= 2;
  while (derivative(high) > 0) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (derivative(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
