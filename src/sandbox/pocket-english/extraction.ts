import type { Category } from './category';
import { template } from './template';
import { isOneOf, kindOf, KINDS, MEMBERS } from './words';

const LIST = '{first} {second} {third}';

/** Prompts draw from the first members of each kind only. */
const SHOWN = 6;

/** Find the one word of a kind among three. */
export const extraction: Category<'extraction'> = {
  labels: ['word', 'only it', 'sentence', 'full stop'],
  templates: [
    template(`find the {kind} in : ${LIST}`),
    template(`which one is a {kind} ? ${LIST}`),
    template(`pick the {kind} from this list : ${LIST}`),
  ],
  phrases: ['the is . or and i say it'],
  draw(rng) {
    const kind = rng.pick(KINDS);
    const others = rng.sample(
      KINDS.filter((other) => other !== kind),
      2,
    );
    const word = rng.pick(MEMBERS[kind].slice(0, SHOWN));
    const words = others.map((other) => rng.pick(MEMBERS[other].slice(0, SHOWN)));
    words.splice(rng.integer(0, 2), 0, word);
    return { category: 'extraction', kind, words, word };
  },
  slots: ({ kind, words: [first = '', second = '', third = ''] }) => ({ kind, first, second, third }),
  fields({ kind = '', first = '', second = '', third = '' }) {
    const words = [first, second, third];
    const [word, another] = words.filter((shown) => kindOf(shown) === kind);
    if (!isOneOf(KINDS, kind) || word === undefined || another !== undefined) return null;
    return words.every((shown) => kindOf(shown)) ? { category: 'extraction', kind, words, word } : null;
  },
  core({ kind, words, word }, met, rng) {
    const said = met[0] ? word : rng.pickOther(words, word);
    const more = met[1] ? '' : `${rng.chance(0.7) ? 'or' : 'and'} ${rng.pickOther(words, said)}`;
    const start = met[2] ? `the ${kind} is` : rng.pick(['', 'i say', 'it is']);
    return [start, said, more, met[3] ? '.' : ''].filter((part) => part !== '').join(' ');
  },
  judge({ kind, word }, words) {
    const named = words.filter((said) => kindOf(said));
    return [
      named.includes(word),
      named.length > 0 && named.every((said) => said === word),
      words[0] === 'the' && words[1] === kind && words.includes('is'),
      words.at(-1) === '.',
    ];
  },
};
