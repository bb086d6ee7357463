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
  return {
    longerWins: clustered(
      decided.map(({ question, ratio, score }) => ({
        question,
        sums: [1, ratio > 0 === (score === 1) ? 1 : 0] as const,
      })),
      share,
    ),
    slope: slopeOf(points),
  };
}

/** Of some points: the log-likelihood's derivative and information at a slope, and what shows whether a maximum exists. */
interface Sums {
  derivative: number;
  information: number;
  /** Σ |ratio|, and the part of it that the longer answers won. */
  whole: number;
  won: number;
}

/**
 * Maximum likelihood of P(a wins) = 1/(1 + exp(-slope · ratio)), without an intercept: swapping the sides changes nothing. Null where the
 * longer answers won all or nothing, or no lengths differ. The jackknife takes one Newton step from the whole fit for each question that
 * is left out, so that its cost is linear. Source of the step: Pregibon, Annals of Statistics 9 (1981), 705-724.
 */
function slopeOf(points: readonly Point[]): Measure {
  const n = points.length;
  const slope = isDetermined(sumsOf(points, 0)) ? maximum(points) : null;
  if (slope === null) return { ...interval(null, []), n };
  const all = sumsOf(points, slope);
  const without = [...byQuestion(points)].map((own) => {
    const left = less(all, sumsOf(own, slope));
    return isDetermined(left) ? slope + left.derivative / left.information : null;
  });
  return { ...interval(slope, without), n };
}

function byQuestion(points: readonly Point[]): Iterable<Point[]> {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const group = groups.get(point.question);
    if (group) group.push(point);
    else groups.set(point.question, [point]);
  }
  return groups.values();
}

function sumsOf(points: readonly Point[], slope: number): Sums {
  const sums = { derivative: 0, information: 0, whole: 0, won: 0 };
  for (const { ratio, score } of points) {
    const p = 1 / (1 + Math.exp(-slope * ratio));
    sums.derivative += ratio * (score - p);
    sums.information += ratio * ratio * p * (1 - p);
    sums.whole += Math.abs(ratio);
    sums.won += Math.abs(ratio) * (ratio > 0 ? score : 1 - score);
  }
  return sums;
}

function less(all: Sums, some: Sums): Sums {
  return {
    derivative: all.derivative - some.derivative,
    information: all.information - some.information,
    whole: all.whole - some.whole,
    won: all.won - some.won,
  };
}

/** Differences of sums that should be equal are only so up to rounding. */
function isDetermined({ whole, won }: Sums): boolean {
  const least = 1e-9 * whole;
  return won > least && whole - won > least;
}

/** The slope at which the derivative, which falls, is 0: by bisection. */
function maximum(points: readonly Point[]): number {
  const derivative = (slope: number) => sumsOf(points, slope).derivative;
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
