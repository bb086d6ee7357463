import { sha256 } from '../../identity';
import { createNumberMap, hashNumber } from '../number-map';
import { normaliseText } from '../prompt';
import { userText, type Filter } from './filter';

/**
 * Where the `count`-th word of a text ends; -1: it has fewer. By character, since an expression over a hostile text (16 MB of one
 * word) would fill the stack.
 */
export function endOfWords(text: string, count: number): number {
  let words = 0;
  let inWord = false;
  for (let at = 0; at < text.length; at++) {
    const space = isSpace(text.charCodeAt(at));
    if (space && inWord && words === count) return at;
    if (!space && !inWord) words += 1;
    inWord = !space;
  }
  return words === count && inWord ? text.length : -1;
}

/** White space as `\s` has it. */
const isSpace = (code: number) =>
  code < 0x80 ? code === 0x20 || (code >= 0x09 && code <= 0x0d) : code >= 0xa0 && /\s/.test(String.fromCharCode(code));

/** Drops what has fewer words than `minWords` in all user turns (method.md: 10). */
export function tooShort(minWords: number): Filter {
  return {
    step: 'minWords',
    check: (messages) =>
      endOfWords(userText(messages), minWords) < 0 ? { drop: `fewer than ${minWords} words` } : null,
  };
}

/**
 * Drops what begins with the same `count` words as an earlier prompt (method.md: 10), whatever their case; the first one in
 * the order of the pool stays. Remembers a hash a prompt, see `hashNumber` for what that risks.
 */
export function repeatedOpening(count: number): Filter {
  const seen = createNumberMap();
  return {
    step: 'openingWords',
    check(messages) {
      const text = userText(messages);
      const end = endOfWords(text, count);
      // A shorter text is no opening of another: it is the whole.
      if (end < 0) return null;
      const opening = normaliseText(text.slice(0, end)).toLowerCase();
      return seen.claim(hashNumber(sha256(opening)), 0) === null
        ? null
        : { drop: `the same first ${count} words as an earlier prompt` };
    },
  };
}
