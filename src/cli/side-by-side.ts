import Table from 'cli-table3';
import { harmless } from './output';

/**
 * Texts in columns of equal width, wrapped at words. On a terminal narrower than 60 columns they stand below each other.
 */
export function sideBySide(columns: readonly { title: string; text: string }[], width: number): string {
  if (width < 60 || columns.length < 2)
    return columns.map(({ title, text }) => `── ${harmless(title)}\n${harmless(text)}`).join('\n\n');
  const each = Math.floor((width - 1) / columns.length) - 1;
  const texts = columns.map(({ text }) => linesOf(harmless(text).replaceAll('\t', '  '), each - 2));
  const drawn = new Table({
    head: columns.map(({ title }) => harmless(title)),
    colWidths: columns.map(() => each),
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  // A row for each line: the package takes seconds to draw a cell of many lines.
  const height = Math.max(...texts.map(({ length }) => length));
  for (let line = 0; line < height; line++) drawn.push(texts.map((lines) => lines[line] ?? ''));
  return drawn.toString();
}

/** Lines of at most so many characters, wrapped at blanks where that is possible; the package wraps on what is wider than it is long. */
function linesOf(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let rest = line;
    while (rest.length > width) {
      const blank = rest.lastIndexOf(' ', width);
      const end = blank > 0 ? blank : width - (isHalf(rest, width) ? 1 : 0);
      lines.push(rest.slice(0, end));
      rest = rest.slice(blank > 0 ? end + 1 : end);
    }
    return [...lines, rest];
  });
}

/** Whether a cut at this place would part a character of two units. */
const isHalf = (text: string, at: number): boolean => /^[\uDC00-\uDFFF]/.test(text.slice(at, at + 1));
