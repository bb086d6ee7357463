import { pairedDifference } from '../../../src/arena/paired-difference';
import { rate } from '../../../src/arena/rate';
import { battle, simulate, times } from './helpers';

const arena = simulate({ seed: 12, strengths: [0.6, 0.3, 0, -0.9], prompts: 80, promptEffect: 0.6 });

describe('pairedDifference', () => {
  it('is the difference of the jointly fitted ratings, with an interval of its own', () => {
    const { models } = rate(arena);
    const [m0, m1] = ['m0', 'm1'].map((name) => models.find(({ model }) => model === name)!);
    const { fit, difference, lower, upper, se } = pairedDifference(arena, 'm0', 'm1');
    expect(fit).toBeCloseTo(m0!.fit - m1!.fit, 8);
    expect(Math.abs(difference - fit)).toBeLessThan(se! / 4);
    expect(lower!).toBeLessThan(difference);
    expect(upper!).toBeGreaterThan(difference);
    expect((upper! - lower!) / (2 * 1.96 * se!)).toBeGreaterThan(0.9);
    expect((upper! - lower!) / (2 * 1.96 * se!)).toBeLessThan(1.1);
  });

  it('turns its sign with its arguments', () => {
    const forth = pairedDifference(arena, 'm0', 'm3', { seed: 5 });
    const back = pairedDifference(arena, 'm3', 'm0', { seed: 5 });
    expect(back.difference).toBeCloseTo(-forth.difference, 5);
    expect(back.lower).toBeCloseTo(-forth.upper!, 5);
    expect(back.se).toBeCloseTo(forth.se!, 8);
  });

  it('is narrower than two intervals side by side where both meet the same opponents', () => {
    // x and y are judged the same on most prompts, so what they share cancels.
    const twins = arena
      .filter(({ a, b }) => a === 'm0' || b === 'm0')
      .flatMap((one, index) => [one, { ...one, a: 'twin', score: index % 10 === 0 ? (0.5 as const) : one.score }]);
    const { models } = rate(twins);
    const twin = models.find(({ model }) => model === 'twin')!;
    expect(pairedDifference(twins, 'm0', 'twin').se!).toBeLessThan(twin.se!);
  });

  it('is zero between a model and itself', () => {
    expect(pairedDifference(arena, 'm1', 'm1')).toMatchObject({ difference: 0, lower: 0, upper: 0, se: 0 });
  });

  it('has no upper limit when one won everything, and names who did not play', () => {
    const won = times(12, battle('a', 'b', 1));
    expect(pairedDifference(won, 'a', 'b')).toMatchObject({ upper: null, flags: ['unbounded-above'] });
    expect(pairedDifference(won, 'a', 'b').lower!).toBeGreaterThan(0);
    expect(() => pairedDifference(won, 'ghost', 'b')).toThrow(/"ghost" is not among the models/);
    expect(() => pairedDifference(won, 'a', 'ghost')).toThrow(/"ghost" is not among the models/);
  });
});
