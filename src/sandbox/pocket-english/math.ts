import type { Category, FieldsOf } from './category';
import { template } from './template';
import { isOneOf, NAMES, THINGS } from './words';

const PLUS = { sign: 'plus' };
const MINUS = { sign: 'minus' };

const DIGIT = /^[1-9]$/u;

/** The right answer. */
const resultOf = ({ a, b, sign }: FieldsOf<'math'>): number => (sign === 'plus' ? a + b : a - b);

/** Add or subtract two numbers from 1 to 9, in a story. */
export const math: Category<'math'> = {
  labels: ['result', 'working', 'unit', 'person'],
  templates: [
    template('{name} has {a} {thing} and gets {b} more . how many {thing} ?', PLUS),
    template('how many {thing} has {name} with {a} and {b} more ?', PLUS),
    template('{name} had {a} {thing} , then found {b} . count the {thing}', PLUS),
    template('{name} has {a} {thing} and loses {b} . how many {thing} ?', MINUS),
    template('how many {thing} has {name} with {a} less {b} ?', MINUS),
    template('{name} had {a} {thing} , then sold {b} . count the {thing}', MINUS),
  ],
  phrases: ['plus minus is . has easy let me count he she', numbers(0, 20)],
  draw(rng) {
    const sign = rng.pick(['plus', 'minus'] as const);
    const [one, two] = [rng.integer(1, 9), rng.integer(1, 9)];
    // Nobody has fewer than no coins.
    const [a, b] = sign === 'minus' ? [Math.max(one, two), Math.min(one, two)] : [one, two];
    return { category: 'math', name: rng.pick(NAMES), thing: rng.pick(THINGS), a, b, sign };
  },
  slots: ({ name, thing, a, b, sign }) => ({ name, thing, a: String(a), b: String(b), sign }),
  fields({ name = '', thing = '', a = '', b = '', sign }) {
    const known = isOneOf(NAMES, name) && isOneOf(THINGS, thing) && DIGIT.test(a) && DIGIT.test(b);
    if (!known || (sign !== 'plus' && sign !== 'minus') || (sign === 'minus' && a < b)) return null;
    return { category: 'math', name, thing, a: Number(a), b: Number(b), sign };
  },
  core(fields, met, rng) {
    const { name, thing, a, b, sign } = fields;
    const result = resultOf(fields);
    const slip = Math.max(0, result + rng.pick([-2, -1, 1, 2]));
    const said = met[0] ? result : slip === result ? result + 1 : slip;
    const working = met[1] ? `${a} ${sign} ${b} is ${said} .` : rng.pick(['', 'easy .', 'let me count .']);
    const person = met[3] ? name : rng.pick(['he', 'she', rng.pickOther(NAMES, name)]);
    return `${working} ${person} has ${said} ${met[2] ? thing : rng.pickOther(THINGS, thing)} .`.trim();
  },
  judge(fields, words) {
    const { name, thing, a, b, sign } = fields;
    const result = resultOf(fields);
    const has = words.lastIndexOf('has');
    return [
      has >= 0 && words[has + 1] === String(result),
      ` ${words.join(' ')} `.includes(` ${a} ${sign} ${b} is ${result} `),
      words.includes(thing) && words.every((word) => word === thing || !isOneOf(THINGS, word)),
      words.includes(name) && words.every((word) => word === name || !isOneOf(NAMES, word)),
    ];
  },
};

/** The numbers from `least` to `most` as one phrase. */
function numbers(least: number, most: number): string {
  return Array.from({ length: most - least + 1 }, (_, index) => least + index).join(' ');
}
