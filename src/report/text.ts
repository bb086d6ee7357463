/**
 * What steers a terminal, a reader's eye or a layout: ANSI escapes, control characters, line and paragraph separators,
 * characters that turn the direction of the text, and those without a width.
 */
const STEERING =
  // eslint-disable-next-line no-control-regex -- these are what it finds
  /\x1b\[[\d;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name as it may be shown: what steers is made visible as U+FFFD, so that two names stay two. */
export function shown(text: string): string {
  return text.replace(STEERING, '\ufffd').toWellFormed();
}

/** A name in at most `length` characters, for an axis: the beginning and the end, between which versions often differ. */
export function shortened(text: string, length = 28): string {
  const characters = Array.from(shown(text));
  if (characters.length <= length) return characters.join('');
  const end = Math.floor((length - 1) / 3);
  return [...characters.slice(0, length - 1 - end), '…', ...characters.slice(characters.length - end)].join('');
}

/** Lines of at most `width` characters, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Text inside HTML or SVG, in an element or in a quoted attribute. */
export function escapeMarkup(text: string): string {
  return shown(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/**
 * Text as a line of GitHub-flavoured Markdown: no markup, no HTML, no entity, and no address that becomes a link by
 * itself.
 */
export function escapeMarkdown(text: string): string {
  return shown(text)
    .replace(/ {2,}/g, ' ')
    .replace(/[\\`*_[\]<>|~&$#]/g, '\\$&')
    .replace(/:(?=\/\/)|(?<=www)\.|@/gi, '\\$&')
    .replace(/^([-+=])|^(\d+)(?=[.)](?:\s|$))/, (_, mark?: string, digits?: string) =>
      mark ? `\\${mark}` : `${digits}\\`,
    );
}

/** `12.3%`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** Whole numbers with a comma at the thousands. */
export function grouped(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 0 });
}

/** `1042 (95% interval 1010 to 1075)`; an open end is said to be open, an unknown interval is left out. */
export function ratingWords(rating: number, lower: number | null, upper: number | null): string {
  if (lower === null && upper === null) return rating.toFixed(0);
  const ends = `${lower === null ? 'no lower limit' : lower.toFixed(0)} to ${upper === null ? 'no upper limit' : upper.toFixed(0)}`;
  return `${rating.toFixed(0)} (95% interval ${ends})`;
}
