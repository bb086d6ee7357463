import type { Filter } from './filter';

// eslint-disable-next-line no-control-regex -- these are what it finds
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * UTF-8 that was read as Windows-1252 and written again: a lead byte's character (Ã, Â, â …) with the character of a
 * continuation byte behind it, for the letters, quotes and emoji where ordinary text has no such pair.
 */
const MOJIBAKE = /Ã[\u0080-\u00bf]|Â[\u0080-\u009f\u00a0-\u00bf]|â€[\u0080-\u009f™œ¦“”˜]|ðŸ|ï»¿/;

/** Drops dialogues with lost characters (U+FFFD), control characters, mojibake or empty turns. */
export function brokenText(): Filter {
  const reasonOf = (text: string) =>
    text.trim() === ''
      ? 'an empty turn'
      : text.includes('\uFFFD')
        ? 'lost characters (U+FFFD)'
        : CONTROL.test(text)
          ? 'control characters'
          : MOJIBAKE.test(text)
            ? 'text in a wrong encoding (mojibake)'
            : null;
  return {
    step: 'broken',
    check(messages) {
      for (const { content } of messages) {
        const reason = reasonOf(content);
        if (reason !== null) return { drop: reason };
      }
      return null;
    },
  };
}
