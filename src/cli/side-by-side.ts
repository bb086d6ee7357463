import Table from 'cli-table3';
import { harmless } from './output';

/**
 * Texts in columns of equal width, wrapped at words. On a terminal narrower than 60 columns they stand below each other.
 */
export function sideBySide(columns: readonly { title: string; text: string }[], width: number): string {
  if (width < 60 || columns.length < 2)
    return columns.map(({ title, text }) => `── ${harmless(title)}\n${harmless(text)}`).join('\n\n');
  const each = Math.floor((width - 1) / columns.length) - 1;
  const drawn = new Table({
    head: columns.map(({ title }) => harmless(title)),
    colWidths: columns.map(() => each),
    wordWrap: true,
    style: { head: [], border: [] },
  });
  drawn.push(columns.map(({ text }) => harmless(text).replaceAll('\t', '  ')));
  return drawn.toString();
}
