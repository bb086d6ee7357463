import { categoryOf } from './categories';
import { CATEGORIES } from './category';
import { FORM_PHRASES } from './form';
import {
  FILLERS,
  KINDS,
  MEMBERS,
  NAMES,
  OPERATIONS,
  THINGS,
  TONE_WORDS,
  TONES,
  TOPICS,
  VARIABLES,
  wordsOf,
} from './words';

/** Every word that prompts and answers can contain, sorted by code unit; the demo's tokenizer has exactly these. */
export function vocabulary(): string[] {
  const lists = [
    NAMES,
    TOPICS,
    THINGS,
    KINDS,
    TONES,
    VARIABLES,
    OPERATIONS,
    FILLERS,
    ...Object.values(MEMBERS),
    ...Object.values(TONE_WORDS),
  ];
  const phrases = CATEGORIES.flatMap((name) => {
    const { templates, phrases: fixed } = categoryOf(name);
    return [...templates.map((template) => template.text), ...fixed];
  });
  const fixedWords = [...phrases, ...FORM_PHRASES].flatMap(wordsOf).filter((word) => !word.startsWith('{'));
  return [...new Set([...lists.flat(), ...fixedWords])].sort();
}
