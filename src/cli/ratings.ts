import type { RatedModel } from '../arena/types';
import { table } from './output';

const COLUMNS = ['model', 'rating', 'lower', 'upper', 'se', 'battles', 'wins', 'losses', 'ties'] as const;

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

/** Ratings as CSV (RFC 4180), as `consistency` reads them; an open end is empty. */
export function ratingsCsv(models: readonly RatedModel[]): string {
  return [COLUMNS.join(','), ...models.map((row) => COLUMNS.map((column) => csvField(row[column])).join(','))].join(
    '\n',
  );
}

function csvField(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Ratings as a Markdown table. */
export function ratingsMarkdown(models: readonly RatedModel[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = (value: string | number | null) =>
    value === null
      ? ''
      : typeof value === 'number'
        ? String(Math.round(value * 10) / 10)
        : value.replace(/[\\|<>`*_[\]]/g, '\\$&').replace(/\s+/g, ' ');
  return [
    line(COLUMNS),
    line(COLUMNS.map((column) => (column === 'model' ? '---' : '---:'))),
    ...models.map((row) => line(COLUMNS.map((column) => cell(row[column])))),
  ].join('\n');
}
