import { sfc32, uniform } from '../../../src/arena/random';
import type { Group } from '../../../src/selection/groups';
import { countTokens } from '../../../src/selection/length';
import { lengthEffect, refusesPair } from '../../../src/selection/length-guard';

it('counts words and punctuation marks, in any script', () => {
  expect(countTokens("It's 3.5 km, isn't it?")).toBe(13);
  expect(countTokens('Größe: 5 µm')).toBe(4);
  expect(countTokens(' \n')).toBe(0);
});

/** Groups of three players whose margins are quality + β·Δlog(tokens) + noise; the better players are also longer. */
function slice(beta: number, prompts: number) {
  const random = sfc32(5);
  const noise = () => uniform(random) + uniform(random) + uniform(random) - 1.5;
  const quality = { a: 0, b: 2, c: 4 };
  const usual = { a: 50, b: 100, c: 300 };
  const tokens = new Map<string, number>();
  const players = ['a', 'b', 'c'] as const;
  const groups = Array.from({ length: prompts }, (_, index): Group => {
    const prompt = `p${index}`;
    for (const player of players) tokens.set(`${player} ${prompt}`, Math.ceil(usual[player] * Math.exp(noise())));
    const length = (player: string) => Math.log(tokens.get(`${player} ${prompt}`)!);
    const battles = players.flatMap((a, i) =>
      players.slice(i + 1).map((b, j) => ({
        position: 3 * index + i + j,
        a,
        b,
        outcome: 'win' as const,
        margin: quality[a] - quality[b] + beta * (length(a) - length(b)) + noise(),
      })),
    );
    return { prompt, battles, scores: new Map() };
  });
  return lengthEffect(groups, (player, prompt) => tokens.get(`${player} ${prompt}`)!);
}

describe('lengthEffect', () => {
  it('finds what length brings, although the better players are longer throughout', () => {
    const effect = slice(0.8, 400);
    expect(effect?.beta).toBeCloseTo(0.8, 1);
    expect(effect?.lower).toBeLessThan(0.8);
    expect(effect?.upper).toBeGreaterThan(0.8);
    expect(effect?.battles).toBe(1200);
    const none = slice(0, 400);
    expect(none!.lower).toBeLessThan(0);
    expect(none!.upper).toBeGreaterThan(0);
  });

  it('is unknown without prompts, with one, and where lengths never differ', () => {
    expect(slice(1, 0)).toBeNull();
    expect(slice(1, 1)).toBeNull();
    const battle = { position: 0, a: 'a', b: 'b', outcome: 'win' as const, margin: 2 };
    const same = ['p', 'q', 'r'].map((prompt): Group => ({ prompt, battles: [battle], scores: new Map() }));
    expect(lengthEffect(same, () => 10)).toBeNull();
  });
});

describe('refusesPair', () => {
  const effect = { beta: 1, lower: 0.5, upper: 1.5, battles: 100 };
  const pair = { gap: 2, chosenTokens: 300, rejectedTokens: 100 };
  it('off: only the threshold counts', () => {
    expect(refusesPair({ mode: 'off', maxRatio: 2 }, effect, 2, pair)).toBeNull();
    expect(refusesPair({ mode: 'off', maxRatio: 2 }, effect, 2.1, pair)).toBe('belowThreshold');
  });
  it('residual: takes off what length brings, and adds it for a shorter answer', () => {
    const guard = { mode: 'residual', maxRatio: 2 } as const;
    expect(refusesPair(guard, effect, 1, pair)).toBe('tooLong');
    expect(refusesPair(guard, effect, 0.9, pair)).toBeNull();
    expect(refusesPair(guard, effect, 2.5, { gap: 2, chosenTokens: 100, rejectedTokens: 300 })).toBeNull();
    expect(refusesPair(guard, null, 2, pair)).toBeNull();
  });
  it('ratio: caps how much longer the chosen answer is', () => {
    const guard = { mode: 'ratio', maxRatio: 2 } as const;
    expect(refusesPair(guard, effect, 1, pair)).toBe('tooLong');
    expect(refusesPair(guard, effect, 1, { ...pair, chosenTokens: 200 })).toBeNull();
    expect(refusesPair(guard, effect, 3, pair)).toBe('belowThreshold');
    expect(refusesPair(guard, effect, 1, { ...pair, rejectedTokens: 0 })).toBe('tooLong');
  });
});
