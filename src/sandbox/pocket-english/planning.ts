import type { Category } from './category';
import { template } from './template';
import { isOneOf, kindOf, KINDS, MEMBERS, NAMES } from './words';

const COUNT = /^[2-5]$/u;
const MOST_LISTED = 6;

/** A numbered list of so many different things of a kind. */
export const planning: Category<'planning'> = {
  labels: ['count', 'kind', 'distinct', 'person'],
  templates: [
    template('list {count} things of kind {kind} for {name}'),
    template('{name} wants {count} names of kind {kind}'),
    template('plan {count} picks of kind {kind} with {name}'),
    template('please list {count} names of kind {kind} for {name}'),
    template('{name} needs a list with {count} things of kind {kind}'),
    template('write {count} picks of kind {kind} for {name}'),
    template('for {name} : plan {count} things of kind {kind}'),
    template('pick {count} of kind {kind} with {name}'),
  ],
  phrases: ['for : list 1 2 3 4 5 6'],
  draw: (rng) => ({ category: 'planning', name: rng.pick(NAMES), kind: rng.pick(KINDS), count: rng.integer(2, 5) }),
  slots: ({ name, kind, count }) => ({ name, kind, count: String(count) }),
  fields: ({ name = '', kind = '', count = '' }) =>
    isOneOf(NAMES, name) && isOneOf(KINDS, kind) && COUNT.test(count)
      ? { category: 'planning', name, kind, count: Number(count) }
      : null,
  core({ name, kind, count }, met, rng) {
    const listed = met[0] ? count : Math.min(MOST_LISTED, count + rng.pick([-1, 1, 2]));
    const words = rng.sample(MEMBERS[kind], listed);
    if (!met[1]) words[rng.integer(0, listed - 1)] = rng.pick(MEMBERS[rng.pickOther(KINDS, kind)]);
    if (!met[2] && listed > 1) {
      const [one = 0, two = 1] = rng.sample([...words.keys()], 2);
      words[one] = words[two] as string;
    }
    const start = met[3] ? `for ${name} :` : rng.pick(['', 'list :', `for ${rng.pickOther(NAMES, name)} :`]);
    return `${start} ${words.map((word, index) => `${index + 1} ${word}`).join(' ')}`.trim();
  },
  judge({ name, kind, count }, words) {
    const listed = words.filter((word) => kindOf(word));
    const numbered = listed.every((_, index) => words.includes(String(index + 1)));
    return [
      listed.length === count && numbered && !words.includes(String(listed.length + 1)),
      listed.length > 0 && listed.every((word) => kindOf(word) === kind),
      listed.length > 0 && new Set(listed).size === listed.length,
      words[0] === 'for' && words[1] === name && words[2] === ':',
    ];
  },
};
