import { InputError } from './input-error';
import type { CovariateGames } from './logistic';
import { relativeDifference, type AnswerStyle, type StyleFeature } from './style-features';
import type { Observation } from './types';

/** A game or battle with the style of both answers. */
export interface StyledObservation extends Observation {
  styleA: AnswerStyle;
  styleB: AnswerStyle;
}

/** Errors (InputError): a count that is negative or no number. */
export function checkStyles(rows: readonly StyledObservation[], features: readonly StyleFeature[]): void {
  rows.forEach(({ styleA, styleB }, index) => {
    for (const feature of features) {
      for (const count of [styleA[feature], styleB[feature]]) {
        if (count >= 0 && count < Infinity) continue;
        const field = `styled observation ${index}`;
        throw new InputError(`${feature} ${count}; a count is a number from 0 on`, { field });
      }
    }
  });
}

/** Weighted root mean square of a feature's relative difference. */
export function rootMeanSquare(rows: readonly StyledObservation[], feature: StyleFeature): number {
  let squares = 0;
  let weights = 0;
  for (const { styleA, styleB, weight } of rows) {
    squares += weight * relativeDifference(styleA[feature], styleB[feature]) ** 2;
    weights += weight;
  }
  return Math.sqrt(squares / weights);
}

/** The games among `models` (all rows must be) with each feature's relative difference divided by its deviation. */
export function styledGames(
  rows: readonly StyledObservation[],
  models: readonly string[],
  features: readonly { feature: StyleFeature; deviation: number }[],
): CovariateGames {
  const place = new Map(models.map((model, i) => [model, i]));
  const x = new Float64Array(rows.length * features.length);
  rows.forEach(({ styleA, styleB }, r) =>
    features.forEach(({ feature, deviation }, k) => {
      x[r * features.length + k] = relativeDifference(styleA[feature], styleB[feature]) / deviation;
    }),
  );
  return {
    size: models.length,
    features: features.length,
    first: Int32Array.from(rows, ({ a }) => place.get(a)!),
    second: Int32Array.from(rows, ({ b }) => place.get(b)!),
    x,
    score: Float64Array.from(rows, ({ score }) => score),
    weight: Float64Array.from(rows, ({ weight }) => weight),
  };
}

/** Which games depend on each other: those of a prompt where all rows name one, else those of a battle. */
export interface GameClusters {
  /** Every game's cluster, in 0 … count - 1. */
  readonly of: Int32Array;
  readonly count: number;
  readonly by: 'prompt' | 'battle';
}

export function clustersOf(rows: readonly StyledObservation[]): GameClusters {
  const by = rows.every(({ prompt }) => prompt !== null) ? 'prompt' : 'battle';
  const ids = new Map<string | number, number>();
  const of = Int32Array.from(rows, ({ prompt, battle }, r) => {
    const unit = (by === 'prompt' ? prompt : battle) ?? r;
    const id = ids.get(unit) ?? ids.size;
    ids.set(unit, id);
    return id;
  });
  return { of, count: ids.size, by };
}
