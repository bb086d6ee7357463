import { normaliseText } from '../prompt';

/** English words that say nothing of a text's subject. */
const STOP_WORDS = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by can could did do does
  doing down during each else every few for from further get give had has have having he her here hers him his how i if in into is it its
  just let like make me more most much must my no nor not now of off on once one only or other our out over own please same she should so
  some such than that the their them then there these they this those through to too under until up use using very was we were what when
  where which while who whom why will with would write you your`.split(/\s+/),
);

const WORD = /[\p{L}\p{N}]+/gu;

/** Words of a text that tell its subject: lower case, without stop words and single characters. */
export function tellingWords(text: string): string[] {
  const words = normaliseText(text).toLowerCase().match(WORD) ?? [];
  return words.filter((word) => (word.length > 1 || /[^\p{Script=Latin}\p{N}]/u.test(word)) && !STOP_WORDS.has(word));
}
