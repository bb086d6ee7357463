import { readJsonScores } from './json';
import { readArenaHard, readMtBench } from './labels';
import type { Reading, Winner } from './reading';
import { readScores } from './scores';
import type { VerdictForm } from './template';

/** The form in which a judge was asked to answer; `auto` takes the one that it finds. */
export type VerdictFormat = 'auto' | VerdictForm;

/**
 * What a judge's text says. `invalid`: there is no verdict in it, or not one only. `failed`: it is the text of an error
 * and no judge's. Scores are of 1-10, or null where the form has none.
 */
export interface ParsedVerdict {
  verdict: Winner | 'invalid' | 'failed';
  scoreA: number | null;
  scoreB: number | null;
}

/** Reads a verdict and never invents one: what is missing, cut off, out of range or contradictory is `invalid`. */
export function parseVerdict(text: string | null | undefined, format: VerdictFormat = 'auto'): ParsedVerdict {
  if (text === null || text === undefined) return without('failed');
  const answer = withoutReasoning(text);
  const said = withoutMarkup(answer);
  // What looks like markup in a JSON text is part of its strings.
  const reading = format === 'json' ? readJsonScores(answer.trim()) : read(said, format);
  if (reading === 'none') return without(isErrorText(said) ? 'failed' : 'invalid');
  if (reading === 'unusable') return without('invalid');
  return { verdict: reading.winner, scoreA: reading.scoreA, scoreB: reading.scoreB };
}

function read(text: string, format: Exclude<VerdictFormat, 'json'>): Reading {
  if (format === 'scores') return readScores(text);
  if (format === 'mt-bench') return readMtBench(text);
  if (format === 'arena-hard') return readArenaHard(text);
  const labels = [readArenaHard(text), readMtBench(text)].filter((reading): reading is Reading => reading !== 'none');
  const scores = readScores(text);
  if (labels.length === 0) return scores;
  return [...labels, ...(isRead(scores) ? [scores] : [])].reduce(agreement);
}

/** Two readings of one text must say the same. */
function agreement(one: Reading, other: Reading): Reading {
  if (!isRead(one) || !isRead(other) || one.winner !== other.winner) return 'unusable';
  return other.scoreA === null ? one : other;
}

function isRead(reading: Reading): reading is Exclude<Reading, string> {
  return typeof reading === 'object';
}

function without(verdict: 'invalid' | 'failed'): ParsedVerdict {
  return { verdict, scoreA: null, scoreB: null };
}

/** Reasoning is no verdict. A block that never ends takes the rest with it; an end without its start, what is before. */
function withoutReasoning(text: string): string {
  return text
    .replace(/<(think|thinking|reasoning)>[\s\S]*?(?:<\/\1>|$)/gi, '')
    .replace(/^[\s\S]*<\/(?:think|thinking|reasoning)>/i, '');
}

/** Full-width signs as plain ones, brackets without their escapes, `>` as itself. */
function withoutMarkup(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\r\n?/g, '\n')
    .replace(/\\([[\]<>_*])/g, '$1')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .trim();
}

const errorTexts = [
  /^(?:\$ERROR\$|null|none|undefined|nan)$/i,
  /^<(?:!doctype\s+html|html|head|body)\b/i,
  /^\{\s*"(?:error|detail|object"\s*:\s*"error)"/i,
  /^(?:\*\*)?(?:[\w.]*(?:error|exception)|(?:api|http|server|internal|internal server|request|network|connection|timeout|rate limit) (?:error|exception))(?: code)?\b(?:\*\*)?\s*(?:[:([]|-\s|\d|$)/i,
  /^(?:http\S*\s+)?[45]\d\d\b:?\s+(?:bad|internal|service|gateway|too many|not|unauthorized|forbidden|request|payload|server|client)/i,
  /^(?:traceback \(most recent call last\)|upstream (?:connect|request)|no healthy upstream|rate limit (?:reached|exceeded)|too many requests|bad gateway|service unavailable|gateway time-?out)/i,
];

function isErrorText(text: string): boolean {
  return errorTexts.some((pattern) => pattern.test(text));
}
