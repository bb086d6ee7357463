import {
  adaptivePlan,
  allPairs,
  walkLooks,
  type Planned,
  type PlayedOn,
} from '../../../src/arena/matchmaking/adaptive';
import { ADAPTIVE_DEFAULTS, lookSchedule, type AdaptiveSettings } from '../../../src/arena/matchmaking/looks';
import { settlePairs } from '../../../src/arena/matchmaking/settle';
import { sfc32, uniform } from '../../../src/arena/random';
import { normal } from './helpers';

const settings = (change: Partial<AdaptiveSettings> = {}): AdaptiveSettings => ({
  ...ADAPTIVE_DEFAULTS,
  prompts: 200,
  ...change,
});

/** An arena whose games come as they are asked for; the same seed gives the same game of a pair on a prompt. */
function arena(strengths: readonly number[], prompts: number, seed: number) {
  const players = strengths.map((_, index) => `m${index}`);
  const random = sfc32(seed);
  const effects = Float64Array.from({ length: prompts * strengths.length }, () => 0.6 * normal(random));
  const games = new Map(
    allPairs(players).map(([a, b]) => {
      const [i, j] = [players.indexOf(a), players.indexOf(b)];
      const own = Array.from({ length: prompts }, (_, at): PlayedOn[] =>
        [0, 1].map(() => {
          const gap =
            strengths[i]! - strengths[j]! + effects[at * players.length + i]! - effects[at * players.length + j]!;
          const score = uniform(random) < 0.15 ? 0.5 : uniform(random) < 1 / (1 + Math.exp(-gap)) ? 1 : 0;
          return { a, b, score, weight: 0.5, at };
        }),
      );
      return [`${a} ${b}`, own];
    }),
  );
  const take = (battles: readonly Planned[]) =>
    battles.flatMap(({ pair: [a, b], prompts: on }) => on.flatMap((at) => games.get(`${a} ${b}`)![at]!));
  return { players, take };
}

const countOf = (battles: readonly Planned[]) => battles.reduce((sum, { prompts }) => sum + prompts.length, 0);

describe('lookSchedule', () => {
  it('grows from the minimum to all prompts', () => {
    const looks = lookSchedule(settings({ prompts: 500 }));
    expect(looks[0]).toBe(20);
    expect(looks.at(-1)).toBe(500);
    expect(looks).toEqual([...new Set(looks)].sort((a, b) => a - b));
    expect(looks).toHaveLength(8);
  });
  it.each([
    [{ prompts: 1, looks: 8 }, [1]],
    [{ prompts: 30, looks: 1 }, [20, 30]],
    [{ prompts: 20, looks: 5 }, [20]],
  ])('of %j', (change, expected) => expect(lookSchedule(settings(change))).toEqual(expected));
  it.each([[{ prompts: 0 }], [{ looks: 0 }], [{ minimum: 1 }], [{ restShare: 2 }]])('refuses %j', (change) =>
    expect(() => lookSchedule(settings(change))).toThrow(/must/),
  );
});

describe('adaptive matchmaking', () => {
  it('asked step by step, plans what a walk plans, whatever the order of the games', () => {
    const { players, take } = arena([1.5, 0.4, 0.3, -1], 120, 3);
    const walked = walkLooks(allPairs(players), settings({ prompts: 120 }), take);
    let played: PlayedOn[] = [];
    for (;;) {
      const { battles, end, settled, games } = adaptivePlan(allPairs(players), played, settings({ prompts: 120 }));
      if (end) {
        expect({ end, settled, games: games.length }).toEqual({
          ...{ end: walked.end, settled: walked.settled, games: walked.games.length },
        });
        break;
      }
      expect(battles.length).toBeGreaterThan(0);
      played = [...take(battles), ...played];
    }
  });

  it('lets every pair play its minimum, all on the same first prompts', () => {
    const { players, take } = arena([3, 0, -3], 100, 1);
    const asked: Planned[] = [];
    walkLooks(allPairs(players), settings({ prompts: 100, restShare: 0 }), (battles) => {
      asked.push(...battles);
      return take(battles);
    });
    for (const [a, b] of allPairs(players)) {
      const own = asked.flatMap(({ pair, prompts }) => (pair[0] === a && pair[1] === b ? prompts : []));
      expect(own).toEqual(Array.from({ length: own.length }, (_, at) => at));
      expect(own.length).toBeGreaterThanOrEqual(20);
    }
  });

  it('spends less, rests settled pairs at their share, and makes up for it by weight', () => {
    const { players, take } = arena([2, 0.1, 0, -2], 300, 2);
    const { settled, open, games, end } = walkLooks(allPairs(players), settings({ prompts: 300 }), take);
    expect(end).toBe('prompts');
    expect(open).toEqual([['m1', 'm2']]);
    expect(settled).toHaveLength(5);
    expect(settled.find(({ pair }) => pair[0] === 'm0' && pair[1] === 'm3')?.winner).toBe('m0');
    const far = games.filter(({ a, b }) => a === 'm0' && b === 'm3');
    expect(far.length / 600).toBeLessThan(0.45);
    const weight = far.reduce((sum, one) => sum + one.weight, 0);
    expect(Math.abs(weight - 300)).toBeLessThan(10);
  });

  it('never asks for a battle of a settled pair that stops for good', () => {
    const { players, take } = arena([2, 0.1, 0, -2], 300, 2);
    const last = new Map<string, number>();
    const { settled } = walkLooks(allPairs(players), settings({ prompts: 300, restShare: 0 }), (battles) => {
      for (const { pair, prompts } of battles) last.set(pair.join(' '), prompts.at(-1)! + 1);
      return take(battles);
    });
    for (const { pair, prompts } of settled) expect(last.get(pair.join(' '))).toBe(prompts);
  });

  it.each([0, 5, 61, 100, 1000])('keeps a budget of %i battles', (budget) => {
    const { players, take } = arena([0.2, 0.1, 0], 100, 4);
    let spent = 0;
    const { end } = walkLooks(allPairs(players), settings({ prompts: 100, budget }), (battles) => {
      spent += countOf(battles);
      return take(battles);
    });
    expect(spent).toBeLessThanOrEqual(budget);
    // Whole prompts only: less than one battle of each pair is left.
    if (end === 'budget') expect(budget - spent).toBeLessThan(3);
    else expect(spent).toBe(300);
  });

  it('rarely settles a pair wrongly, and rarely one of equals', () => {
    let wrong = 0;
    let equals = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { players, take } = arena([0.6, 0.15, 0, 0], 150, 100 + seed);
      const { settled } = walkLooks(allPairs(players), settings({ prompts: 150 }), take);
      if (settled.some(({ pair, winner }) => winner !== pair[0] && pair[0] !== 'm2')) wrong += 1;
      if (settled.some(({ pair }) => pair[0] === 'm2' && pair[1] === 'm3')) equals += 1;
    }
    expect(wrong).toBeLessThanOrEqual(2);
    expect(equals).toBeLessThanOrEqual(4);
  });

  it('settles who wins or loses everything by the sign test, and not on a few prompts', () => {
    const won = (a: string, b: string, prompts: number) =>
      Array.from({ length: prompts }, (_, at) => ({ a, b, score: 1 as const, weight: 1, prompt: String(at) }));
    const pairs = [['a', 'b']] as const;
    expect(settlePairs(won('b', 'a', 12), pairs, 0.001)).toEqual([{ pair: ['a', 'b'], winner: 'b' }]);
    expect(settlePairs(won('b', 'a', 10), pairs, 0.001)).toEqual([]);
    expect(settlePairs(won('a', 'b', 1), pairs, 0.5)).toEqual([]);
  });

  it('refuses no pair, one twice, a player against itself, and an error that is no chance', () => {
    expect(() => adaptivePlan([], [], settings())).toThrow(/pairs of two players/);
    expect(() =>
      adaptivePlan(
        [
          ['a', 'b'],
          ['b', 'a'],
        ],
        [],
        settings(),
      ),
    ).toThrow(/each pair once/);
    expect(() => adaptivePlan([['a', 'a']], [], settings())).toThrow(/two players/);
    expect(() => adaptivePlan([['a', 'b']], [], settings({ error: 0 }))).toThrow(/between 0 and 1/);
  });
});
