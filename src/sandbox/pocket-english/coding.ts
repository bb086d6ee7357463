import type { Category } from './category';
import { template } from './template';
import { isOneOf, NAMES, OPERATIONS, SYMBOLS, VARIABLES } from './words';

/** A function of two arguments, in one line. */
export const coding: Category<'coding'> = {
  labels: ['operator', 'name', 'arguments', 'return'],
  templates: [
    template('write a function to {operation} {x} and {y} for {name}'),
    template('{name} needs code to {operation} {x} and {y}'),
    template('please code for {name} : {operation} {x} and {y}'),
  ],
  phrases: ['def main ( , ) : return print', ...Object.values(SYMBOLS)],
  draw(rng) {
    const [x = '', y = ''] = rng.sample(VARIABLES, 2);
    return { category: 'coding', name: rng.pick(NAMES), operation: rng.pick(OPERATIONS), x, y };
  },
  slots: ({ name, operation, x, y }) => ({ name, operation, x, y }),
  fields({ name = '', operation = '', x = '', y = '' }) {
    const known = isOneOf(NAMES, name) && isOneOf(VARIABLES, x) && isOneOf(VARIABLES, y) && x !== y;
    return known && isOneOf(OPERATIONS, operation) ? { category: 'coding', name, operation, x, y } : null;
  },
  core({ operation, x, y }, met, rng) {
    const symbol = SYMBOLS[met[0] ? operation : rng.pickOther(OPERATIONS, operation)];
    const name = met[1] ? operation : rng.pick(['main', rng.pickOther(OPERATIONS, operation)]);
    const args = met[2] ? `( ${x} , ${y} ) :` : rng.pick([`( ${x} ) :`, '( ) :', `( ${y} , ${x} ) :`]);
    const body = met[3]
      ? `return ${x} ${symbol} ${y}`
      : rng.pick([`print ${x} ${symbol} ${y}`, `return ${y} ${symbol} ${x}`, `return ${x} ${symbol}`]);
    return `def ${name} ${args} ${body}`;
  },
  judge({ operation, x, y }, words) {
    const text = ` ${words.join(' ')} `;
    const symbols = words.filter((word) => isOneOf(Object.values(SYMBOLS), word));
    return [
      symbols.length > 0 && symbols.every((symbol) => symbol === SYMBOLS[operation]),
      words[0] === 'def' && words[1] === operation,
      text.includes(` ( ${x} , ${y} ) : `),
      text.includes(` return ${x} `) && words.at(-1) === y,
    ];
  },
};
