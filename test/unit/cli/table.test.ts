import { table } from '../../../src/cli/output';

const columns = ['run', 'why', { name: 'rating', numbers: true }] as const;
const rows = [
  ['support', 'the endpoint http://gpu1:8000/v1 does not answer since an hour and a half', '1042 (1010 to 1075)'],
  ['b', '', '900'],
];

it('stands in one line a row where there is room, or no terminal', () => {
  expect(table(columns, rows, 200).split('\n')).toHaveLength(3);
  expect(table(columns, rows).split('\n')).toHaveLength(3);
});

it.each([50, 60, 80])('folds text to fit %d columns, and loses nothing', (width) => {
  const lines = table(columns, rows, width).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(lines.join('').replace(/\s/g, '')).toContain('1042(1010to1075)');
  const why = lines.map((line) => line.slice(9, width - 21)).join('');
  expect(why.replace(/\s/g, '')).toBe(`why${rows[0]?.[1]?.replace(/\s/g, '')}`);
});

it('gives up below what numbers need rather than hiding them', () => {
  expect(table(columns, rows, 10)).toContain('1042 (1010 to 1075)');
});
