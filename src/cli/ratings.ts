import type { RatedModel } from '../arena/types';
import { table } from './output';

/** Ratings for people: whole points, an open end as such. */
export function ratingsTable(models: readonly RatedModel[]): string {
  return table(
    [
      'model',
      ...['rating', '95% interval', '± se', 'battles', 'wins', 'losses', 'ties'].map((name) => ({
        name,
        numbers: true as const,
      })),
    ],
    models.map(({ model, rating, lower, upper, se, battles, wins, losses, ties }) => [
      model,
      rating.toFixed(0),
      `${lower === null ? '-∞' : lower.toFixed(0)} to ${upper === null ? '∞' : upper.toFixed(0)}`,
      se === null ? '' : se.toFixed(1),
      ...[battles, wins, losses, ties].map(String),
    ]),
  );
}
