import { agreementOf, type RatedUnits } from '../../../src/judge/agreement';

/** Units from one line per rater; a dot is a missing value. */
function unitsOf(...raters: string[]): RatedUnits[] {
  const rows = raters.map((line) => line.split(' ').map((value) => (value === '.' ? null : value)));
  return (rows[0] ?? []).map((_, at) => ({ values: rows.map((row) => row[at] ?? null), units: 1 }));
}

test('the two nominal examples of Krippendorff (2011, sections A and C)', () => {
  const two = unitsOf('0 1 0 0 0 0 0 0 1 0', '1 1 1 0 0 1 0 0 0 0');
  expect(agreementOf(two).alpha).toBeCloseTo(0.095, 3);
  expect(agreementOf(two).pairwise).toBeCloseTo(0.6, 12);
  const four = unitsOf(
    '1 2 3 3 2 1 4 1 2 . . .',
    '1 2 3 3 2 2 4 1 2 5 . 3',
    '. 3 3 3 2 3 4 2 2 5 1 .',
    '1 2 3 3 2 4 4 1 2 5 1 .',
  );
  expect(agreementOf(four).alpha).toBeCloseTo(0.743, 3);
  expect(agreementOf(four).units).toBe(11);
});

test('a pattern that is counted is the same as its units one by one', () => {
  const patterns = [
    { values: ['win', 'win', 'loss'], units: 3 },
    { values: ['tie', null, 'tie'], units: 2 },
  ];
  const single = patterns.flatMap(({ values, units }) => Array.from({ length: units }, () => ({ values, units: 1 })));
  expect(agreementOf(patterns)).toEqual(agreementOf(single));
});

test('what cannot be told is null, not a number', () => {
  expect(agreementOf([])).toEqual({ units: 0, pairwise: null, alpha: null });
  expect(agreementOf([{ values: ['win', null], units: 4 }])).toEqual({ units: 0, pairwise: null, alpha: null });
  expect(agreementOf([{ values: ['win', 'win'], units: 4 }])).toEqual({ units: 4, pairwise: 1, alpha: null });
});
