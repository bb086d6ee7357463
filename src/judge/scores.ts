import type { Reading } from './reading';

/** One line's claim of a score; NaN where a number stands there that is no score of the scale 1-10. */
interface Claim {
  letter: 'A' | 'B';
  score: number;
}

const answerWord = String.raw`(?:answer|assistant|response|model)`;
const scoreWord = String.raw`(?:(?:final|overall|total) )?(?:score|rating)`;
const separator = String.raw` ?(?:[:=]|->|→| is | [-–—] ) ?`;
const number = String.raw`[[(<"]*([-−–]?\d+(?:[.,]\d+)?)[\])>"]*`;

/** `Score A: 8`, `Score for Answer A: 8`, `Answer A's score: 8`. */
const scoreLabel = new RegExp(
  String.raw`(?:\b${scoreWord}[ _]?(?:(?:for|of) )?(?:the )?(?:${answerWord} )?\(?([AB])\)?|\b${answerWord} ([AB])(?:'s|’s)? ${scoreWord})${separator}${number}`,
  'gi',
);
/** `Answer A: 8`, `A: 8/10`: also how headings look, so nothing but the score may stand there. */
const answerLabel = new RegExp(String.raw`\b(?:${answerWord} )?\(?([AB])\)?()${separator}${number}`, 'gi');

/** What may stand before a line's first claim. */
const leadIn =
  /^(?:[\s•+(:,;–—-]|\d+[.)]|(?:final|overall|verdict|my|scores?|ratings?|the|are|is|so|thus|therefore|hence|evaluation|judge?ment)\b)*$/i;

/**
 * Two scores of 1-10 out of a judge's text, in the form that is most sure of those it holds: lines `Score A: …` and JSON;
 * lines `Answer A: …`; a first or last line of two numbers (Vicuna's form). A form that is there but incomplete, out of
 * range or contradictory is unusable, and no weaker form is tried.
 */
export function readScores(text: string): Reading {
  const lines = text.split('\n').map(plain);
  const strong = [...lines.flatMap((line) => claims(line, scoreLabel, false)), ...jsonClaims(text)];
  if (strong.length > 0) return decide(strong);
  const weak = lines.flatMap((line) => claims(line, answerLabel, true));
  if (weak.length > 0) return decide(weak);
  return decide(pairClaims(lines.filter((line) => line !== '')));
}

function decide(all: Claim[]): Reading {
  if (all.length === 0) return 'none';
  const [scoreA, scoreB] = (['A', 'B'] as const).map((letter) => {
    const scores = new Set(all.filter((claim) => claim.letter === letter).map((claim) => claim.score));
    const [score = Number.NaN] = scores;
    return scores.size === 1 && score >= 1 && score <= 10 ? score : null;
  });
  if (scoreA == null || scoreB == null) return 'unusable';
  return { winner: scoreA > scoreB ? 'model_a' : scoreA < scoreB ? 'model_b' : 'tie', scoreA, scoreB };
}

/** A line without Markdown's emphasis, headings and tables, and with single blanks. */
function plain(line: string): string {
  return line
    .replace(/[*`#|]|__/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[:=])/g, '')
    .trim();
}

/** The claims that a line makes; a quoted line (`> …`, or with an open quotation mark) makes none. */
function claims(line: string, pattern: RegExp, strict: boolean): Claim[] {
  const matches = [...line.matchAll(pattern)];
  const start = matches[0]?.index ?? 0;
  if (!leadIn.test(line.slice(0, start)) || (line.split('"').length - 1) % 2 === 1) return [];
  return matches.flatMap((match, index) => {
    const rest = line.slice(match.index + match[0].length, matches[index + 1]?.index);
    const letter = (match[1] ?? match[2] ?? '').toUpperCase() === 'A' ? 'A' : 'B';
    // `Score A: <1-10>` is the form that was asked for, not a score.
    if (/^ ?[-–] ?10\b/.test(rest) && match[3] === '1') return [];
    if (strict && !/^ ?(?:(?:\/|out of) ?\d+)? ?(?:points?)? ?(?:[.,;]? ?$|[,;(])/i.test(rest)) return [];
    return [{ letter, score: scoreOf(match[3] ?? '', rest) } as const];
  });
}

/** A number with what follows it, as a score of 1-10. NaN for other scales (`8/100`, `80%`), ranges and fractions. */
function scoreOf(digits: string, rest: string): number {
  const scale = /^ ?(?:\/|out of) ?(\d+(?:[.,]\d+)?)/i.exec(rest);
  if (scale !== null && scale[1] !== '10') return Number.NaN;
  const after = rest.slice(scale?.[0].length ?? 0);
  if (
    /^ ?(?:[-−–—~+/⁄]|to\b|or\b|and\b) ?\d/i.test(after) ||
    /^(?:[%+⁄\p{L}]|[.,]?\d)/u.test(after) ||
    /^ [%⁄]/.test(after)
  )
    return Number.NaN;
  return Number(digits.replace(',', '.').replace(/[−–]/, '-'));
}

/** JSON objects with a score for each answer, alone or inside a text. */
function jsonClaims(text: string): Claim[] {
  return (text.match(/\{[^{}]*\}/g) ?? []).flatMap((candidate) => {
    try {
      return Object.entries(JSON.parse(candidate) as Record<string, unknown>).flatMap(([key, value]) => {
        const letter = /^(?:score|rating|answer|assistant|response)?([ab])(?:score|rating)?$/.exec(
          key.toLowerCase().replace(/[^a-z]/g, ''),
        )?.[1];
        if (letter === undefined) return [];
        const read = /^\s*([-−–]?\d+(?:[.,]\d+)?)(.*)$/.exec(String(value));
        return read === null
          ? []
          : [{ letter: letter === 'a' ? 'A' : 'B', score: scoreOf(read[1] ?? '', read[2] ?? '') } as const];
      });
    } catch {
      return [];
    }
  });
}

const pair = /^(\d+(?:[.,]\d+)?)(?: ?\/ ?10)?(?:[,;] | )(\d+(?:[.,]\d+)?)(?: ?\/ ?10)?$/;

/** The first or the last line, where it is nothing but two numbers. */
function pairClaims(lines: string[]): Claim[] {
  return [lines[0], lines.at(-1)].flatMap((line) => {
    const match = pair.exec(line ?? '');
    if (match === null) return [];
    return (['A', 'B'] as const).map((letter, index) => ({ letter, score: scoreOf(match[index + 1] ?? '', '') }));
  });
}
