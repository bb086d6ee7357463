import { array, assert, constant, constantFrom, integer, oneof, property, tuple } from 'fast-check';
import { gameVerdict, type Verdict } from '../../../src/arena/outcome';
import { jurySays, type Said } from '../../../src/judge/jury';

const game = (scoreFirst: number, scoreSecond: number): Said => ({
  verdict: gameVerdict(scoreFirst, scoreSecond),
  scoreFirst,
  scoreSecond,
});
const label = (verdict: Verdict): Said => ({ verdict, scoreFirst: null, scoreSecond: null });
const invalid = label('invalid');

test.each<[string, Said[], Said]>([
  ['two of three', [game(8, 6), game(7, 6), game(2, 9)], game(7.5, 6)],
  ['a lead without a majority', [game(5, 5), game(6, 6), game(9, 1), game(1, 9)], game(5.5, 5.5)],
  ['one for each', [game(8, 6), game(5, 5), game(2, 8)], { verdict: 'tie', scoreFirst: 5, scoreSecond: 19 / 3 }],
  ['two against two', [label('win'), label('loss'), label('win'), label('loss')], label('tie')],
  ['labels', [label('loss'), label('win'), label('loss')], label('loss')],
  ['labels among scores', [label('win'), game(8, 6), game(2, 9)], label('win')],
  ['one who cannot be read', [game(8, 6), invalid, game(6, 5)], game(7, 5.5)],
  ['half of them', [game(8, 6), invalid], game(8, 6)],
  ['fewer than half', [game(8, 6), invalid, invalid], invalid],
  ['nobody', [invalid, invalid], invalid],
])('by majority: %s', (_name, games, said) => {
  const { verdict, scoreFirst, scoreSecond } = jurySays('majority', games);
  expect(verdict).toBe(said.verdict);
  for (const [own, wanted] of [
    [scoreFirst, said.scoreFirst],
    [scoreSecond, said.scoreSecond],
  ])
    if (wanted == null) expect(own).toBeNull();
    else expect(own).toBeCloseTo(wanted, 3);
});

test.each<[string, Said[], Said]>([
  [
    'one who is sure outweighs two',
    [game(6, 5), game(6, 5), game(1, 10)],
    { ...game(13 / 3, 20 / 3), verdict: 'loss' },
  ],
  ['equal sums in another order are a tie', [game(7.1, 7.3), game(7.2, 7.1), game(7.3, 7.2)], game(7.2, 7.2)],
  ['who cannot be read does not count', [game(8, 6), game(6, 5), invalid], game(7, 5.5)],
  ['fewer than half', [game(8, 6), invalid, invalid], invalid],
])('by mean: %s', (_name, games, said) => {
  const { verdict, scoreFirst } = jurySays('mean', games);
  expect(verdict).toBe(said.verdict);
  if (said.scoreFirst === null) expect(scoreFirst).toBeNull();
  else expect(scoreFirst).toBeCloseTo(said.scoreFirst, 3);
});

test('the order of the members does not matter, and the swapped game is its mirror image', () => {
  const score = integer({ min: 2, max: 20 }).map((half) => half / 2);
  const said = oneof(
    tuple(score, score).map(([a, b]) => game(a, b)),
    constant(invalid),
  );
  const swapped = ({ verdict, scoreFirst, scoreSecond }: Said): Said => ({
    verdict: verdict === 'win' ? 'loss' : verdict === 'loss' ? 'win' : verdict,
    scoreFirst: scoreSecond,
    scoreSecond: scoreFirst,
  });
  assert(
    property(constantFrom('majority' as const, 'mean' as const), array(said, { minLength: 1 }), (rule, games) => {
      const one = jurySays(rule, games);
      expect(jurySays(rule, [...games].reverse())).toEqual(one);
      expect(jurySays(rule, games.map(swapped))).toEqual(swapped(one));
      if (one.scoreFirst !== null && one.verdict !== 'tie')
        expect(gameVerdict(one.scoreFirst, one.scoreSecond)).toBe(one.verdict);
    }),
  );
});
