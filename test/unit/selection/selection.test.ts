import { battleOutcome, gameVerdict } from '../../../src/arena/outcome';
import { battleScores, directBattle, groupsOf } from '../../../src/selection/groups';
import { asTargetSees } from '../../../src/selection/rows';
import { selectAllPairs, selectPairs, selectSft, thresholdOf, type SelectionRules } from '../../../src/selection/select';
import type { Battle } from '../../../src/store/arenas';
import { gameKey, type GameScores } from '../../../src/store/games';

/** Scores of a battle's two games, each as [of a, of b]; null: the judge's text could not be read. */
type Scores = [[number, number] | null, [number, number] | null];

/** Groups of one prompt each, from the scores of each pair of players. */
function play(groups: Record<string, Record<string, Scores | 'failed'>>) {
  const battles: Battle[] = [];
  const games = new Map<string, GameScores>();
  const put = (prompt: string, first: string, second: string, scores: [number, number] | null) => {
    const [scoreFirst, scoreSecond] = scores ?? [null, null];
    games.set(gameKey(prompt, first, second), { prompt, first, second, scoreFirst, scoreSecond, verdict: gameVerdict(scoreFirst, scoreSecond) });
  };
  for (const [prompt, pairs] of Object.entries(groups))
    for (const [pair, scores] of Object.entries(pairs)) {
      const [playerA, playerB] = pair.split(' ') as [string, string];
      const battle = { position: battles.length, prompt, playerA, playerB, margin: null };
      if (scores === 'failed') {
        battles.push({ ...battle, outcome: 'failed' });
        continue;
      }
      const [one, two] = scores;
      put(prompt, playerA, playerB, one);
      put(prompt, playerB, playerA, two && [two[1], two[0]]);
      battles.push({ ...battle, outcome: battleOutcome(gameVerdict(one?.[0] ?? null, one?.[1] ?? null), gameVerdict(two?.[0] ?? null, two?.[1] ?? null)) });
    }
  return { battles, games, ...groupsOf(battles, games) };
}

/** Both games with the same scores. */
const twice = (a: number, b: number): Scores => [[a, b], [a, b]];
const rules = (change: Partial<SelectionRules> = {}): SelectionRules => ({ threshold: 1, margin: 'group', unfit: () => false, ...change });

describe('groups', () => {
  it("hold each player's mean over its games", () => {
    const { groups } = play({ p: { 't a': [[2, 8], [4, 6]], 't b': twice(5, 5), 'a b': twice(9, 1) } });
    expect(groups[0]?.scores).toEqual(new Map([['t', 4], ['a', 8], ['b', 3]]));
  });

  it('with a failed, invalid or unplayed battle are left out whole, and counted', () => {
    const { groups, incomplete, battles, games } = play({
      failed: { 't a': twice(1, 9), 't b': 'failed' },
      invalid: { 't a': twice(1, 9), 't b': [[1, 9], null] },
      whole: { 't a': twice(1, 9), 't b': twice(1, 9) },
    });
    expect(groups.map(({ prompt }) => prompt)).toEqual(['whole']);
    expect(incomplete).toBe(2);
    const unplayed = battles.map((battle) => ({ ...battle, outcome: null }));
    expect(groupsOf(unplayed, games)).toEqual({ groups: [], incomplete: 3 });
  });

  it('tell the direct battle from either side', () => {
    const { groups } = play({ p: { 't a': twice(2, 8), 't b': [[9, 1], [1, 9]] } });
    expect(directBattle(groups[0]!, 't', 'a')).toEqual({ position: 0, outcome: 'loss', margin: -6 });
    expect(directBattle(groups[0]!, 'a', 't')).toEqual({ position: 0, outcome: 'win', margin: 6 });
    expect(directBattle(groups[0]!, 'b', 't')?.outcome).toBe('inconsistent');
    expect(directBattle(groups[0]!, 'a', 'b')).toBeNull();
  });

  it('have no scores without both games', () => {
    const { games } = play({ p: { 't a': [[1, 9], null] } });
    expect(battleScores('p', 't', 'a', games)).toBeNull();
  });
});

describe('SFT rows', () => {
  const select = (pairs: Record<string, Scores>, change: Partial<SelectionRules> = {}) => selectSft(play({ p: pairs }).groups, 't', rules(change));

  it('take the answer of the best of those that beat the target', () => {
    // b has the highest score of all, but no victory over the target; of a and c, which have one, c scores higher.
    const { choices, counts } = select({ 't a': twice(4, 5), 't b': [[9, 10], [10, 9]], 't c': twice(2, 8), 'a b': twice(1, 10), 'a c': twice(4, 6), 'b c': twice(10, 4) });
    expect(choices).toEqual([{ prompt: 'p', chosen: 'c', rejected: 't', gap: 6 - 37 / 6, battle: 2 }].map((choice) => expect.objectContaining({ ...choice, gap: expect.any(Number) as number })));
    expect(counts).toEqual({ selected: 0, belowThreshold: 1 });
  });
});
