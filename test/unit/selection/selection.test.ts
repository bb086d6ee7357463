import { battleOutcome, gameVerdict } from '../../../src/arena/outcome';
import { groupsOf } from '../../../src/selection/groups';
import {
  selectAllPairs,
  selectPairs,
  selectSft,
  thresholdOf,
  type SelectionRules,
} from '../../../src/selection/select';
import type { ScoredBattle } from '../../../src/store/arenas';

type Scores = [aFirst: [number, number], bFirst: [number, number]];

/** One prompt's battles from the scores that each player got in both orders. */
function played(prompt: string, meetings: Record<string, Scores | null>) {
  const battles = Object.entries(meetings).map(([pair, scores], position): ScoredBattle => {
    const [a = '', b = ''] = pair.split(' ');
    if (!scores) return { position, prompt, a, b, outcome: 'failed', scoreA: null, scoreB: null };
    const [[a1, b1], [b2, a2]] = scores;
    const outcome = battleOutcome(gameVerdict(a1, b1), gameVerdict(a2, b2));
    return { position, prompt, a, b, outcome, scoreA: (a1 + a2) / 2, scoreB: (b1 + b2) / 2 };
  });
  return groupsOf(battles);
}

const rules = ({
  threshold = 1,
  ...change
}: Partial<SelectionRules> & { threshold?: number } = {}): SelectionRules => ({
  margin: 'group',
  unfit: () => null,
  refuses: ({ gap }) => (gap < threshold ? 'belowThreshold' : null),
  ...change,
});
// target 4, poet 8, coder 6: poet beats all, the target loses to all.
const clear = played('p', {
  'target poet': [
    [4, 8],
    [8, 4],
  ],
  'target coder': [
    [4, 6],
    [6, 4],
  ],
  'poet coder': [
    [8, 6],
    [6, 8],
  ],
});

describe('battleOutcome', () => {
  it.each([
    ['win', 'win', 'win'],
    ['win', 'tie', 'win'],
    ['tie', 'loss', 'loss'],
    ['tie', 'tie', 'tie'],
    ['win', 'loss', 'inconsistent'],
    ['win', 'invalid', 'invalid'],
    ['invalid', null, 'failed'],
  ] as const)('%s and %s is %s', (one, two, outcome) => {
    expect(battleOutcome(one, two)).toBe(outcome);
    expect(battleOutcome(two, one)).toBe(outcome);
  });
});

describe("a group of the target's own battles", () => {
  // target 6, poet 8, coder 3, who never met.
  const star = played('p', {
    'target poet': [
      [6, 8],
      [8, 6],
    ],
    'target coder': [
      [6, 3],
      [3, 6],
    ],
  });

  it('gives the widest pair that met', () => {
    const { choices, counts } = selectPairs(star.groups, rules());
    expect(choices).toEqual([{ prompt: 'p', chosen: 'target', rejected: 'coder', gap: 3, battle: 1 }]);
    expect(counts).toEqual({ selected: 1 });
  });

  it('gives the other one where the target may not be chosen', () => {
    const unfit = (player: string) => (player === 'target' ? ('truncated' as const) : null);
    expect(selectPairs(star.groups, rules({ unfit })).choices).toMatchObject([{ chosen: 'poet', rejected: 'target' }]);
  });
});

describe('groupsOf', () => {
  it('leaves out a group with a battle that was not played', () => {
    const { groups, incomplete } = played('p', {
      'target poet': [
        [4, 8],
        [8, 4],
      ],
      'target coder': null,
    });
    expect({ groups, incomplete }).toEqual({ groups: [], incomplete: 1 });
  });

  it('scores a player by its mean over all its games', () => expect(clear.groups[0]?.scores.get('coder')).toBe(6));
});

describe('selectSft', () => {
  it('takes the best of those that beat the target', () => {
    expect(selectSft(clear.groups, 'target', rules()).choices).toEqual([
      { prompt: 'p', chosen: 'poet', rejected: 'target', gap: 4, battle: 0 },
    ]);
  });

  it('takes the next one where the best answer is unfit, and nothing below the threshold', () => {
    const unfit = (player: string) => (player === 'poet' ? ('refusal' as const) : null);
    expect(selectSft(clear.groups, 'target', rules({ unfit })).choices[0]?.chosen).toBe('coder');
    expect(selectSft(clear.groups, 'target', rules({ threshold: 5 })).counts).toMatchObject({
      selected: 0,
      belowThreshold: 1,
    });
  });

  it('takes nothing where the target is not beaten in a consistent battle', () => {
    const { groups } = played('p', {
      'target poet': [
        [4, 8],
        [4, 8],
      ],
    });
    expect(selectSft(groups, 'target', rules()).counts).toMatchObject({ selected: 0, targetNotBeaten: 1 });
  });
});

describe('selectPairs', () => {
  it('pairs the best with the worst of the group', () => {
    expect(selectPairs(clear.groups, rules()).choices).toEqual([
      { prompt: 'p', chosen: 'poet', rejected: 'target', gap: 4, battle: 0 },
    ]);
  });

  it('breaks equal scores by player id, and wants their direct battle consistent', () => {
    const tied = played('p', {
      'b a': [
        [5, 5],
        [5, 5],
      ],
      'b c': [
        [5, 3],
        [3, 5],
      ],
      'a c': [
        [5, 3],
        [3, 5],
      ],
    });
    expect(selectPairs(tied.groups, rules()).choices[0]).toMatchObject({ chosen: 'a', rejected: 'c' });
    const doubtful = played('p', {
      'a b': [
        [9, 2],
        [2.5, 2],
      ],
    });
    expect(selectPairs(doubtful.groups, rules()).counts).toMatchObject({ inconsistent: 1 });
  });

  it('measures the gap by the direct battle where that is asked', () => {
    const skewed = played('p', {
      'a b': [
        [6, 5],
        [5, 6],
      ],
      'a c': [
        [9, 5],
        [5, 9],
      ],
      'b c': [
        [3, 5],
        [5, 3],
      ],
    });
    expect(selectPairs(skewed.groups, rules({ margin: 'battle' })).choices[0]?.gap).toBe(1);
    expect(selectPairs(skewed.groups, rules()).choices[0]?.gap).toBe(3.5);
  });
});

it('selectAllPairs takes every consistent pair with a sufficient gap', () => {
  expect(
    selectAllPairs(clear.groups, rules({ threshold: 2.5 })).choices.map(
      ({ chosen, rejected }) => `${chosen} ${rejected}`,
    ),
  ).toEqual(['poet target']);
  expect(selectAllPairs(clear.groups, rules()).choices).toHaveLength(3);
});

it('the last threshold holds for all later rounds', () =>
  expect([1, 2, 3, 9].map((round) => thresholdOf([3, 1], round))).toEqual([3, 1, 1, 1]));
