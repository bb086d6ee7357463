import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import pc from 'picocolors';

/** The only place that writes to the terminal. */

type Stream = typeof process.stdout | typeof process.stderr;

/** Colours for stdout; none in a pipe, with NO_COLOR, or on a terminal that has none. */
export function colours(stream: Stream = process.stdout): ReturnType<typeof pc.createColors> {
  return pc.createColors(isTerminal(stream) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb');
}

/** A pipe's `isTTY` is undefined, by which the package would decide itself: it colours every pipe where CI is set. */
function isTerminal(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY ?? false;
}

/**
 * Text without anything that steers a terminal, colours excepted. Names, reasons and error texts come from models,
 * endpoints and files, and may hold escape sequences.
 */
export function harmless(text: string): string {
  // Every control character but tab and line feed, and what makes of an escape a colour.
  return text.replace(/([^\P{Cc}\t\n])(\[[\d;]*m)?/gu, (whole, control: string, colour = '') =>
    control === '\x1b' && colour !== '' ? whole : colour,
  );
}

/** Characters of a text as it is shown: colours take none. */
export const shownLength = (text: string): number => stripVTControlCharacters(harmless(text)).length;

/** A line or more on stdout. */
export function say(text: string): void {
  process.stdout.write(`${harmless(text)}\n`);
}

/** A line or more on stderr: warnings, and what happens while stdout is kept for a document. */
export function note(text: string): void {
  process.stderr.write(`${harmless(text)}\n`);
}

/** The one JSON document of a command. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** One line of a stream of lines; settles when stdout takes more. */
export async function sayLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}

/** A column: its heading, and whether it holds numbers. */
export type Column = string | { name: string; numbers: true };

/**
 * Rows under headings, as aligned text without a frame. On a terminal that is too narrow the widest columns of text are
 * folded; a pipe gets every row in one line.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = process.stdout.isTTY ? process.stdout.columns : undefined,
): string {
  const { bold } = colours();
  const none = Object.fromEntries(
    ['top', 'bottom', 'mid', 'left', 'right'].flatMap((side) => [
      [side, ''],
      ...(side === 'top' || side === 'bottom' ? ['mid', 'left', 'right'].map((end) => [`${side}-${end}`, '']) : []),
      ...(side === 'left' || side === 'right' || side === 'mid' ? [[`${side}-mid`, '']] : []),
    ]),
  ) as Record<string, string>;
  const cells = rows.map((row) => row.map((cell) => harmless(cell).replace(/\s+/g, ' ')));
  const widths = fittingWidths(columns, cells, width);
  const drawn = new Table({
    head: columns.map((column) => bold(nameOf(column))),
    chars: { ...none, 'mid-mid': '', middle: GAP },
    colAligns: columns.map((column) => (typeof column === 'string' ? 'left' : 'right')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    ...(widths === null ? {} : { colWidths: widths, wordWrap: true, wrapOnWordBoundary: false }),
  });
  drawn.push(...cells);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const GAP = '  ';
/** A column of text is not made narrower than this. */
const NARROWEST = 8;

const nameOf = (column: Column) => (typeof column === 'string' ? column : column.name);

/** Widths with which a table fits, taken from the widest columns of text first; null where it fits as it is. */
function fittingWidths(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number | undefined,
): number[] | null {
  const widths = columns.map((column, index) =>
    Math.max(nameOf(column).length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const most = (width ?? Infinity) - GAP.length * (columns.length - 1);
  const sum = () => widths.reduce((total, one) => total + one, 0);
  if (sum() <= most) return null;
  while (sum() > most) {
    const texts = widths.map((one, index) => (typeof columns[index] === 'string' ? one : 0));
    const widest = texts.indexOf(Math.max(...texts));
    if ((texts[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** The beginning of a harmless line that takes so many columns at most; colours take none, and stay whole. */
export function cut(line: string, most: number): string {
  let room = most;
  return (line.match(/[^\P{Cc}\t\n]\[[\d;]*m|[^]/gu) ?? []).filter((part) => part.length > 2 || room-- > 0).join('');
}

/** A block of lines that is drawn over again on a terminal. */
export interface LiveBlock {
  /** Draws the block in the place of the one before. */
  draw(lines: readonly string[]): void;
  /** Prints lines above the block, to stay. */
  above(text: string): void;
  /** Takes the block away. */
  clear(): void;
}

/** A live block on a terminal; null in a pipe, where the caller prints plain lines instead. */
export function liveBlock(stream: Stream = process.stdout): LiveBlock | null {
  if (!stream.isTTY || process.env['TERM'] === 'dumb') return null;
  let shown: readonly string[] = [];
  const erase = () => (shown.length > 0 ? `\x1b[${shown.length}A\x1b[J` : '');
  const drawn = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  return {
    draw(lines) {
      // A line that wraps, or a block taller than the screen, could not be erased again.
      const fitting = lines
        .slice(0, Math.max(1, stream.rows - 1))
        .map((line) => cut(harmless(line), Math.max(1, stream.columns - 1)));
      const before = erase();
      shown = fitting;
      stream.write(before + drawn(fitting));
    },
    above(text) {
      stream.write(`${erase()}${harmless(text)}\n${drawn(shown)}`);
    },
    clear() {
      stream.write(erase());
      shown = [];
    },
  };
}

/** A reader that goes away (`| head`) ends the command quietly. */
export function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
}
