import type { RankInterval } from '../arena/rank';
import type { Estimate, StyleTable } from '../arena/style';
import type { RatedModel } from '../arena/types';

/** Rows under headings as plain texts, before they become Markdown, HTML or lines of a terminal. */
export interface Table {
  columns: { name: string; numbers: boolean; long?: boolean }[];
  rows: string[][];
}

export const text = (name: string) => ({ name, numbers: false });
/** Sentences, which are shown whole. */
export const whole = (name: string) => ({ name, numbers: false, long: true });
export const number = (name: string) => ({ name, numbers: true });

/** Ratings in whole points, for people. */
export function ratingsTable(models: readonly RatedModel[]): Table {
  return {
    columns: [
      text('model'),
      ...['rank', 'rating', '95% interval', 'se', 'battles', 'wins', 'losses', 'ties'].map(number),
    ],
    rows: models.map(({ model, rank, rating, lower, upper, se, battles, wins, losses, ties }) => [
      model,
      rankText(rank),
      rating.toFixed(0),
      ends(lower, upper),
      se === null ? '' : se.toFixed(1),
      ...[battles, wins, losses, ties].map(tenths),
    ]),
  };
}

/** A rank with its 95% interval; empty where it is not known. */
export function rankText(rank: RankInterval | null): string {
  if (!rank) return '';
  const { lower, upper } = rank;
  return lower === upper ? String(rank.rank) : `${rank.rank} (${lower} to ${upper})`;
}

/** Ratings at equal style beside those without regard to style. */
export function styleTable({ models }: StyleTable): Table {
  return {
    columns: [text('model'), ...['at equal style', '95% interval', 'as judged', 'change'].map(number)],
    rows: models.map(({ model, controlled, plain }) => [
      model,
      ...(controlled && plain
        ? [
            controlled.value.toFixed(0),
            interval(controlled),
            plain.value.toFixed(0),
            signed(controlled.value - plain.value),
          ]
        : ['not known', '', '', '']),
    ]),
  };
}

/** What style is worth to the judge. */
export function coefficientTable({ coefficients }: StyleTable): Table {
  return {
    columns: [text('style'), ...['log odds per standard deviation', '95% interval'].map(number)],
    rows: coefficients.map((one) => [
      one.feature,
      one.value.toFixed(3),
      one.lower === null || one.upper === null ? 'not known' : `${one.lower.toFixed(3)} to ${one.upper.toFixed(3)}`,
    ]),
  };
}

function interval({ lower, upper }: Estimate): string {
  return lower === null && upper === null ? 'not known' : ends(lower, upper);
}

function ends(lower: number | null, upper: number | null): string {
  return `${lower === null ? '-∞' : lower.toFixed(0)} to ${upper === null ? '∞' : upper.toFixed(0)}`;
}

/** Sums of weights: whole battles, or halves where one of a battle's two games counts. */
function tenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
}
