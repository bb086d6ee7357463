import type { Rng } from '../rng';
import { FILLERS, isOneOf, wordsOf } from './words';

/** The polite frame that every Pocket English answer should have, whatever it is about. */
const OPENINGS = ['here you go :', 'sure :', 'of course :'] as const;
const NOTES = ['i checked it .', 'checked twice .', 'this is right .'] as const;
const CLOSINGS = ['hope this helps .', 'ask me more .', 'happy to help .'] as const;

/** All phrases of the frame. */
export const FORM_PHRASES: readonly string[] = [...OPENINGS, ...NOTES, ...CLOSINGS];

/** Words of the frame that no core answer needs: where one stands in the core, part of the frame is said twice. */
const FRAME_WORDS = new Set(wordsOf('here go sure of course checked twice right hope helps ask happy help'));

/** Credit for a phrase of the frame that stands somewhere else than in its place. */
const OUT_OF_PLACE = 0.4;

/** Puts the wanted parts of the frame around a core answer. */
export function frame(core: string, parts: { opening: boolean; note: boolean; closing: boolean }, rng: Rng): string {
  return [
    parts.opening ? rng.pick(OPENINGS) : '',
    core,
    parts.note ? rng.pick(NOTES) : '',
    parts.closing ? rng.pick(CLOSINGS) : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export interface Unframed {
  /** The words within the frame. */
  core: string[];
  /** Credit for opening, note and closing: 1 in its place, .4 elsewhere in the answer, 0 absent. */
  credit: [opening: number, note: number, closing: number];
}

/** Takes the frame off an answer, outermost parts first. */
export function unframe(words: readonly string[]): Unframed {
  const whole = words.join(' ');
  const somewhere = (phrases: readonly string[]): number =>
    phrases.some((phrase) => whole.includes(phrase)) ? OUT_OF_PLACE : 0;
  const credit: Unframed['credit'] = [somewhere(OPENINGS), somewhere(NOTES), somewhere(CLOSINGS)];
  let core = whole;
  const opening = OPENINGS.find((phrase) => core.startsWith(phrase));
  if (opening) {
    core = core.slice(opening.length).trim();
    credit[0] = 1;
  }
  const closing = CLOSINGS.find((phrase) => core.endsWith(phrase));
  if (closing) {
    core = core.slice(0, -closing.length).trim();
    credit[2] = 1;
  }
  const note = NOTES.find((phrase) => core.endsWith(phrase));
  if (note) {
    core = core.slice(0, -note.length).trim();
    credit[1] = 1;
  }
  return { core: wordsOf(core), credit };
}

const SHORTEST = 2;
const LONGEST = 32;

/** Good style: no filler, no word twice in a row, 2 to 32 words, and no part of the frame said twice. */
export function hasStyle(words: readonly string[], core: readonly string[]): boolean {
  return (
    words.length >= SHORTEST &&
    words.length <= LONGEST &&
    words.every((word, index) => word !== words[index - 1] && !isOneOf(FILLERS, word)) &&
    !core.some((word) => FRAME_WORDS.has(word))
  );
}

/** Spoils the style: doubles a word or drops in a filler. */
export function spoilStyle(answer: string, rng: Rng): string {
  const words = answer.split(' ');
  const at = rng.integer(0, words.length);
  const before = words[at - 1];
  words.splice(at, 0, before !== undefined && rng.chance(0.4) ? before : rng.pick(FILLERS));
  return words.join(' ');
}
