import { sfc32, uniform } from '../../../src/arena/random';
import { studentQuantile } from '../../../src/arena/student-t';
import type { Observation } from '../../../src/arena/types';
import { winMatrix } from '../../../src/arena/win-matrix';
import { battle } from './helpers';

/** n battles of a against b on prompts of their own; the first `won` are won by a. */
const series = (won: number, n: number): Observation[] =>
  Array.from({ length: n }, (_, i) => battle('a', 'b', i < won ? 1 : 0, `p${i}`));

function interval(observations: readonly Observation[]): [number, number] {
  const { lower, upper } = winMatrix(observations);
  return [lower[0]![1]!, upper[0]![1]!];
}

describe('winMatrix intervals', () => {
  it.each([
    [7, 10],
    [0, 12],
    [30, 30],
    [40, 100],
  ])("are Wilson's with t in the place of z where each prompt has one decided game: %i of %i", (won, n) => {
    const t = studentQuantile(0.95, n - 1);
    const [lower, upper] = interval(series(won, n));
    // The ends are where (rate - p)² = t² p (1 - p) / n.
    for (const end of [lower, upper]) expect((won / n - end) ** 2).toBeCloseTo((t * t * end * (1 - end)) / n, 12);
    expect(lower).toBeLessThan(upper);
    if (won === 0) expect(lower).toBe(0);
    if (won === n) expect(upper).toBe(1);
  });

  it("count copies of a prompt's game as one piece of evidence", () => {
    const copied = series(14, 20).flatMap((one) => [one, one, one]);
    const [lower, upper] = interval(copied);
    const [lowerOnce, upperOnce] = interval(series(14, 20));
    expect(lower).toBeCloseTo(lowerOnce, 12);
    expect(upper).toBeCloseTo(upperOnce, 12);
  });

  it('have a width where all games are ties, less than where wins and losses balance', () => {
    const ties = Array.from({ length: 40 }, (_, i) => battle('a', 'b', 0.5, `p${i}`));
    const [lower, upper] = interval(ties);
    const [lowerWins, upperWins] = interval(series(20, 40));
    expect(upper - lower).toBeGreaterThan(0.02);
    expect(upper - lower).toBeLessThan((upperWins - lowerWins) / 2);
  });

  it('mirror each other, and are null where two never met', () => {
    const { models, lower, upper } = winMatrix([...series(3, 9), battle('b', 'c', 1, 'q')]);
    expect(models).toEqual(['a', 'b', 'c']);
    expect(lower[1]![0]).toBeCloseTo(1 - upper[0]![1]!, 15);
    expect([lower[0]![2], upper[0]![2], lower[0]![0]]).toEqual([null, null, null]);
    // One game says next to nothing.
    expect(lower[1]![2]!).toBeLessThan(0.1);
    expect(upper[1]![2]).toBe(1);
  });

  it('cover the true rate with two dependent games and ties on each prompt', () => {
    const random = sfc32(9);
    const arenas = 400;
    let covered = 0;
    for (let arena = 0; arena < arenas; arena++) {
      const games = Array.from({ length: 40 }, (_, prompt) => {
        // A prompt's own chance to win, ½ on average times a spread; both games share it.
        const chance = uniform(random) < 0.5 ? 0.95 : 0.65;
        return [0, 1].map((): Observation => {
          const score = uniform(random) < 0.1 ? 0.5 : uniform(random) < chance ? 1 : 0;
          return { a: 'a', b: 'b', score, weight: 0.5, prompt: `${prompt}` };
        });
      }).flat();
      const [lower, upper] = interval(games);
      const truth = 0.1 * 0.5 + 0.9 * 0.8;
      if (lower <= truth && truth <= upper) covered += 1;
    }
    // 95% of 400 with a Monte-Carlo error of 1.1%.
    expect(covered / arenas).toBeGreaterThan(0.92);
    expect(covered / arenas).toBeLessThan(0.985);
  });
});
