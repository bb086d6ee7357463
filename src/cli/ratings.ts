import type { RatedModel } from '../arena/types';
import { ratingsTable as tableOf } from '../report/tables';
import { table } from './output';

/** Ratings for people, as lines of a terminal. */
export function ratingsTable(models: readonly RatedModel[]): string {
  const { columns, rows } = tableOf(models);
  return table(
    columns.map(({ name, numbers }) => (numbers ? { name, numbers } : name)),
    rows,
  );
}
