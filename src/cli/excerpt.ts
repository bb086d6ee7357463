/** Characters of a text that a table shows. */
const EXCERPT = 60;

/** The beginning of a text, in one line. */
export function excerpt(text: string, characters = EXCERPT): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line.length <= characters ? line : `${line.slice(0, characters - 1)}…`;
}
