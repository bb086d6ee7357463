import type { Reading, Winner } from './reading';

/** MT-bench: `[[A]]`, `[[B]]`, `[[C]]` for a tie (Zheng et al., arXiv 2306.05685). */
export function readMtBench(text: string): Reading {
  return readLabels(text, /\[\[\s*(A|B|C|tie)\s*\]\]/gi, (label) =>
    label === 'A' ? 'model_a' : label === 'B' ? 'model_b' : 'tie',
  );
}

/** Arena-Hard: `[[A>>B]]`, `[[A>B]]`, `[[A=B]]`, `[[B>A]]`, `[[B>>A]]`; its own reader takes single brackets as well. */
export function readArenaHard(text: string): Reading {
  return readLabels(text, /\[{1,2}\s*([AB]\s*(?:>{1,2}|<{1,2}|={1,2})\s*[AB])\s*\]{1,2}/gi, arenaHardWinner);
}

function arenaHardWinner(label: string): Winner | null {
  const [left, right] = [label.at(0), label.at(-1)];
  if (left === right) return null;
  if (label.includes('=')) return 'tie';
  const better = label.includes('>') ? left : right;
  return better === 'A' ? 'model_a' : 'model_b';
}

interface Label {
  line: number;
  text: string;
  winner: Winner | null;
  /** The line states a verdict, rather than mention a label. */
  stated: boolean;
}

/** No judge writes more; a text that holds more is hostile or a loop, and slow to read. */
const mostLabels = 100;

/**
 * The last label counts, since judges quote their instructions before they decide. Nothing counts where the last line
 * with labels is ambiguous, or is the end of a list of options, or where an earlier line stated another verdict.
 */
function readLabels(text: string, pattern: RegExp, winnerOf: (label: string) => Winner | null): Reading {
  if ((text.match(pattern)?.length ?? 0) > mostLabels) return 'unusable';
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const labels = lines.flatMap((line, index) => labelsOf(line, index, pattern, winnerOf));
  const last = labels.at(-1);
  if (last === undefined) return 'none';
  if (last.winner === null) return 'unusable';
  const others = labels.filter((label) => label.text !== last.text);
  if (others.some((label) => label.line === last.line)) return 'unusable';
  if (!last.stated && others.some((label) => label.line === last.line - 1)) return 'unusable';
  if (others.some((label) => label.stated && label.winner !== last.winner)) return 'unusable';
  return { winner: last.winner, scoreA: null, scoreB: null };
}

const announces = /\b(?:verdict|decision|choice|winner|judge?ment|conclusion)\b[^.!?]{0,100}$/i;

function labelsOf(line: string, index: number, pattern: RegExp, winnerOf: (label: string) => Winner | null): Label[] {
  return [...line.matchAll(pattern)].flatMap((match) => {
    const before = line.slice(0, match.index);
    const after = line.slice(match.index + match[0].length);
    if (isQuoted(before, after)) return [];
    const text = (match[1] ?? '').replace(/\s+/g, '').toUpperCase();
    const stated = announces.test(before) || !/[\p{L}\p{N}]/u.test(before + after);
    return [{ line: index, text, winner: winnerOf(text), stated }];
  });
}

/** Whether a label is only spoken of: in a quoted line, in an example, inside quotation marks, or with a condition. */
function isQuoted(before: string, after: string): boolean {
  if (/^\s*>/.test(before)) return true;
  if (/\b(?:example|e\.g\.|for instance)[^.!?]{0,100}$/i.test(before)) return true;
  if (/^["'`”’*)\s]*if\b/i.test(after)) return true;
  const alone = !/[\p{L}\p{N}]/u.test(before + after);
  const announced = announces.test(before) && /(?:is|:|=)[\s"“`'*]*$/i.test(before) && !/^\s*["“`]/.test(before);
  const open = /"/.test(after) && count(before, '"') % 2 === 1;
  const openCurly = /”/.test(after) && count(before, '“') > count(before, '”');
  const openCode = /`/.test(after) && count(before, '`') % 2 === 1;
  return !alone && !announced && (open || openCurly || openCode);
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
