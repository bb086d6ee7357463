import type { StyleTable } from '../arena/style';
import type { RatedModel } from '../arena/types';

type Cell = string | number | null;

const RATINGS = ['model', 'rating', 'lower', 'upper', 'se', 'battles', 'wins', 'losses', 'ties'] as const;

/** Ratings as CSV with all digits, as `flywheel consistency` reads them; an open end is empty. */
export function ratingsCsv(models: readonly RatedModel[]): string {
  return csv(
    [...RATINGS, 'rank', 'rank_lower', 'rank_upper'],
    models.map((row) => [
      ...RATINGS.map((column) => row[column]),
      ...[row.rank?.rank, row.rank?.lower, row.rank?.upper].map((value) => value ?? null),
    ]),
  );
}

/** Ratings at equal style, in the same columns, with the rating without regard to style behind them. */
export function styleCsv({ models }: StyleTable): string {
  return csv(
    ['model', 'rating', 'lower', 'upper', 'se', 'plain_rating'],
    models.map(({ model, controlled, plain }) => [
      model,
      ...[controlled?.value, controlled?.lower, controlled?.upper, controlled?.se, plain?.value].map(
        (value) => value ?? null,
      ),
    ]),
  );
}

/**
 * CSV by RFC 4180, with LF between records. A text that a spreadsheet would take for a formula (it begins with = + - @, a
 * tab or a return) stands behind an apostrophe, as OWASP's page "CSV Injection" advises; numbers are left as they are.
 */
export function csv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => row.map(field).join(',')).join('\n');
}

function field(value: Cell): string {
  if (typeof value === 'number') return String(value);
  const text = (value ?? '').replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
