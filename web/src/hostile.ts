/** A piece of a model's text: as it is, or a character that steers and is shown by its name instead. */
export type Piece = { text: string } | { mark: string; title: string };

/** Characters that turn the direction of a text, or that nobody sees. */
const NAMES: Readonly<Record<string, string>> = {
  '\u00ad': 'SHY',
  '\u061c': 'ALM',
  '\u200b': 'ZWSP',
  '\u200e': 'LRM',
  '\u200f': 'RLM',
  '\u2028': 'LSEP',
  '\u2029': 'PSEP',
  '\u202a': 'LRE',
  '\u202b': 'RLE',
  '\u202c': 'PDF',
  '\u202d': 'LRO',
  '\u202e': 'RLO',
  '\u2060': 'WJ',
  '\u2066': 'LRI',
  '\u2067': 'RLI',
  '\u2068': 'FSI',
  '\u2069': 'PDI',
  '\ufeff': 'BOM',
};

// Joiners (U+200C, U+200D) stay: Persian and emoji need them. Tab and line feed are text.
const STEERING =
  // eslint-disable-next-line no-control-regex -- these are what it finds
  /\x1b\[[\d;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** A text in pieces, so that what steers a reader's eye or a terminal is seen and does nothing. CR LF is one line end. */
export function pieces(text: string): Piece[] {
  const plain = text.replace(/\r\n/g, '\n');
  const found: Piece[] = [];
  let from = 0;
  for (const match of plain.matchAll(STEERING)) {
    if (match.index > from) found.push({ text: plain.slice(from, match.index) });
    found.push(markOf(match[0]));
    from = match.index + match[0].length;
  }
  if (from < plain.length) found.push({ text: plain.slice(from) });
  return found;
}

function markOf(sequence: string): Piece {
  if (sequence.startsWith('\x1b['))
    return { mark: `ESC${sequence.slice(1)}`, title: 'an escape sequence that steers a terminal' };
  const code = sequence.charCodeAt(0);
  const name = NAMES[sequence] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return {
    mark: name,
    title: `U+${code.toString(16).toUpperCase().padStart(4, '0')}, which is not seen or turns the text's direction`,
  };
}

/** A name in a line of its own kind: what steers is left out. */
export const plainName = (text: string): string => text.replace(STEERING, '\ufffd');
