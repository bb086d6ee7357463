import { bar, ratingText } from '../../workflows/progress';
import type { Interval, Progress } from '../../workflows/types';
import { shownLength, type colours } from './output';

type Colours = ReturnType<typeof colours>;

/** Steps and players that are shown at most. */
const MOST = 8;
/** Columns of a rating's line at most, and fewer than these are not worth drawing. */
const WHISKERS = { most: 48, least: 16 };

/** How a run stands, as lines of a terminal that is so many columns wide. */
export function runScreen(progress: Progress, { columns, paint }: { columns: number; paint: Colours }): string[] {
  const { run, status, round, rounds, stage, step } = progress;
  const { bold, dim, green, yellow, cyan } = paint;
  const painted = { running: cyan, done: green, starting: dim, paused: yellow, 'needs attention': yellow }[status];
  const where = [...(rounds > 0 ? [`round ${round} of ${rounds}`, stage] : []), step].join(' · ');
  return [
    `${bold(run)}  ${painted(status)}`,
    where,
    '',
    ...named(bars(progress), paint),
    ...section('Steps', steps(progress), paint),
    ...section('Ratings, with their 95% intervals', ratings(progress, columns, paint), paint),
    '',
    ...named(words(progress), paint),
  ].flatMap((line) => folded(line, columns));
}

function bars({ done, total, rate, etaSeconds, spend, budgetUsd }: Progress): [string, string][] {
  const lines: [string, string][] = [];
  if (total > 0) {
    const pace = rate === null ? '' : `  ${rate.toFixed(0)}/s`;
    const left = rate === null || etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`;
    lines.push(['battles', `${bar(done / total)} ${done}/${total}${pace}${left}`]);
  }
  const cost = `$${spend.usd.toFixed(2)}`;
  const calls = `(${spend.calls} calls${spend.failedCalls > 0 ? `, ${spend.failedCalls} failed` : ''})`;
  lines.push([
    'cost',
    budgetUsd === null
      ? `${cost} ${calls}`
      : `${bar(spend.usd / budgetUsd)} ${cost} of $${budgetUsd.toFixed(2)} ${calls}`,
  ]);
  return lines;
}

function steps({ steps: all }: Progress): string[] {
  const shown = all.slice(-MOST);
  const width = Math.max(0, ...shown.map(({ label }) => label.length)) + 2;
  return shown.map(({ label, rating, decision }) =>
    `${label.padEnd(width)}${rating ? ratingText(rating).padEnd(22) : ''.padEnd(22)}${decision}`.trimEnd(),
  );
}

function ratings({ leaderboard }: Progress, columns: number, { cyan }: Colours): string[] {
  const shown = leaderboard.slice(0, MOST);
  const name = Math.min(28, Math.max(0, ...shown.map(({ player }) => player.length)));
  const figure = Math.max(0, ...shown.map((one) => ratingText(one).length));
  const room = Math.min(WHISKERS.most, columns - name - figure - 7);
  return shown.map((one) => {
    const text = `${shorten(one.player, name).padEnd(name)}  ${ratingText(one).padStart(figure)}`;
    return room < WHISKERS.least ? text : `${text}  ${cyan(whiskers(one, spanOf(shown), room))}`;
  });
}

/** From the lowest to the highest end of all intervals. */
function spanOf(all: readonly Interval[]): { from: number; to: number } {
  const values = all.flatMap(({ rating, lower, upper }) => [rating, lower ?? rating, upper ?? rating]);
  return { from: Math.min(...values), to: Math.max(...values) };
}

/** A rating on its scale: `├──●──┤`; an end without a limit runs on in an arrow. */
export function whiskers(
  { rating, lower, upper }: Interval,
  { from, to }: { from: number; to: number },
  room: number,
): string {
  // The outer columns are kept for the arrows.
  const at = (value: number) => 1 + (to > from ? Math.round(((value - from) / (to - from)) * (room - 3)) : 0);
  const [left, middle, right] = [lower === null ? 0 : at(lower), at(rating), upper === null ? room - 1 : at(upper)];
  return Array.from({ length: room }, (_, index) => {
    if (index === middle) return '●';
    if (index === left) return lower === null ? '◂' : '├';
    if (index === right) return upper === null ? '▸' : '┤';
    return index > left && index < right ? '─' : ' ';
  })
    .join('')
    .trimEnd();
}

function words({ lastAction, lastProblem, nextAction }: Progress): [string, string][] {
  return [
    ...(lastAction === null ? [] : [['operator', lastAction] as [string, string]]),
    ...(lastProblem === null ? [] : [['problem', lastProblem] as [string, string]]),
    ['next', nextAction],
  ];
}

function section(title: string, lines: readonly string[], { bold }: Colours): string[] {
  return lines.length === 0 ? [] : ['', bold(title), ...lines.map((line) => `  ${line}`)];
}

function named(lines: readonly [string, string][], { dim }: Colours): string[] {
  return lines.map(([name, text]) => `${dim(name.padEnd(10))}${text}`);
}

/** `41 s`, `12 min`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Long sentences in lines of their own, so that nothing is cut; a line without blanks to break at stays as it is. */
function folded(line: string, columns: number): string[] {
  const most = Math.max(30, columns - 1);
  if (shownLength(line) <= most) return [line];
  const lines = [''];
  for (const word of line.split(/(?<=\S) (?=\S)/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && shownLength(last) + 1 + shownLength(word) > most) lines.push(`          ${word}`);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
