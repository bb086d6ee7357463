import type { Text } from '../schemas/common';

/** Characters of a text that a page gets at once; the rest comes when it is asked for. */
export const MOST_CHARACTERS = 20_000;

/** A text of a model as the API gives it. */
export function textOf(text: string, most = MOST_CHARACTERS): Text {
  return {
    // Half a surrogate pair at the cut would be no text.
    text: (text.length > most ? text.slice(0, most) : text).toWellFormed(),
    characters: text.length,
    words: text.match(/\S+/g)?.length ?? 0,
  };
}
