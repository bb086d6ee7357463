/** What is counted in an answer, in the order of the style features. */
export const STYLE_FEATURES = ['length', 'headers', 'lists', 'bold'] as const;

export type StyleFeature = (typeof STYLE_FEATURES)[number];

/**
 * An answer's style. `length` in any unit that is the same for both answers of a battle: tokens where the endpoint counted them, else
 * characters. The others are counts of Markdown elements.
 */
export type AnswerStyle = Readonly<Record<StyleFeature, number>>;

/** Not by /```…```/ on the whole text as in the source: an inline back-tick inside a block would keep the block. */
const CODE_BLOCK = /```[\s\S]*?(?:```|$)/g;
const HEADER = /^#{1,6}\s/gm;
const LIST_ITEM = /^\s*(?:\d+\.|[-*+])\s/gm;
const BOLD = /\*\*[^*\n]+\*\*|__[^_\n]+__/g;

/**
 * Counts Markdown headers, list items and bold spans outside code blocks. The length is `tokens` where given, else the number of
 * characters (Unicode code points) of the whole text with its code.
 * Source: FastChat, serve/monitor/add_markdown_info.py (the patterns); lmarena arena-rank uses the same counts.
 */
export function answerStyle(text: string, tokens?: number): AnswerStyle {
  const prose = text.replace(CODE_BLOCK, '');
  const count = (pattern: RegExp): number => prose.match(pattern)?.length ?? 0;
  return { length: tokens ?? codePoints(text), headers: count(HEADER), lists: count(LIST_ITEM), bold: count(BOLD) };
}

/** (a - b) / (a + b) in -1 … 1, and 0 where neither answer has any. Source: arena-rank, examples/example_utils.py. */
export function relativeDifference(a: number, b: number): number {
  return a + b === 0 ? 0 : (a - b) / (a + b);
}

function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count += 1;
  return count;
}
