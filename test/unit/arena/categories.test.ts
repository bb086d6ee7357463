import { rateByCategory } from '../../../src/arena/categories';
import { rate } from '../../../src/arena/rate';
import { battle, simulate } from './helpers';

const arena = simulate({ seed: 3, strengths: [0.8, 0.2, -0.4], prompts: 90 });
const number = (prompt: string): number => Number(prompt.slice(1));

describe('rateByCategory', () => {
  const anchor = { model: 'm1', rating: 1100 };

  it('rates each category by its own battles around the same anchor', () => {
    const { categories, tooFew, uncategorised } = rateByCategory(
      arena,
      (prompt) => (number(prompt) < 40 ? 'writing' : 'coding'),
      { anchor, rounds: 50 },
    );
    expect(categories.map(({ category, prompts }) => [category, prompts])).toEqual([
      ['coding', 50],
      ['writing', 40],
    ]);
    for (const { table } of categories) expect(table.models.find(({ model }) => model === 'm1')?.rating).toBe(1100);
    const coding = rate(
      arena.filter(({ prompt }) => number(prompt!) >= 40),
      { anchor, rounds: 50 },
    );
    expect(categories[0]!.table).toEqual(coding);
    expect({ tooFew, uncategorised }).toEqual({ tooFew: [], uncategorised: 0 });
  });

  it('names what it does not rate', () => {
    const { categories, tooFew, uncategorised } = rateByCategory(
      [...arena, battle('m0', 'm1', 1)],
      (prompt) => (number(prompt) < 5 ? 'rare' : number(prompt) < 10 ? null : 'common'),
      { rounds: 0 },
    );
    expect(categories.map(({ category }) => category)).toEqual(['common']);
    expect(tooFew).toEqual([{ category: 'rare', prompts: 5 }]);
    // Five prompts of three pairs with two games each, and the battle without a prompt.
    expect(uncategorised).toBe(31);
  });

  it('keeps a row for a model that did not play in a category', () => {
    const played = arena.filter(({ a, b, prompt }) => number(prompt!) < 45 || (a !== 'm2' && b !== 'm2'));
    const { categories } = rateByCategory(played, (prompt) => (number(prompt) < 45 ? 'both' : 'two'), {
      anchor,
      rounds: 0,
    });
    expect(categories[1]!.table.models.find(({ model }) => model === 'm2')).toMatchObject({
      battles: 0,
      flags: ['disconnected'],
    });
  });

  it('refuses a least number of prompts below 1', () => {
    expect(() => rateByCategory(arena, () => 'x', { minPrompts: 0 })).toThrow(/minPrompts must be 1 or more/);
  });
});
