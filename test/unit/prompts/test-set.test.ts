import { fromEachCluster, mostDifficult } from '../../../src/prompts/test-set/choose';
import { questionMessages } from '../../../src/prompts/questions/question';
import { DIFFICULTY } from '../../../src/prompts/test-set/difficulty';

describe('DIFFICULTY', () => {
  it.each([
    ['It needs proof.\nDifficulty: 8', 8],
    ['**Difficulty:** 7.5/10', 7.5],
    ['difficulty: 0', 0],
    ['Difficulty: 10.\n', 10],
    ['Difficulty: 3\nmore words\nDifficulty: 3', 3],
    ['Difficulty: 3\nDifficulty: 4', null],
    ['Difficulty: 11', null],
    ['Difficulty: -1', null],
    ['Difficulty: high', null],
    ['The difficulty: 5 of 7 people', null],
    ['8', null],
    ['', null],
  ])('%j is %s', (text, rating) => expect(DIFFICULTY.read(text)).toBe(rating));
});

it('shows the judge the whole dialogue as material', () => {
  const messages = [
    { role: 'user' as const, content: 'one' },
    { role: 'assistant' as const, content: 'two' },
    { role: 'user' as const, content: 'three' },
  ];
  const [, ask] = questionMessages(DIFFICULTY, { messages });
  expect(ask?.content).toMatch(
    /^\[dialogue\]\n\[user\]\none\n\n\[assistant\]\ntwo\n\n\[user\]\nthree\n\[end of dialogue\]/,
  );
});

it('takes so many of each cluster, whatever the order of the pool', () => {
  const clusters = Array.from({ length: 30 }, (_, index): [string, number] => [`p${index}`, index % 3]);
  clusters.push(['alone', 3]);
  const chosen = fromEachCluster(new Map(clusters), 4, 7);
  expect(chosen.map((id) => new Map(clusters).get(id))).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]);
  expect(new Set(chosen).size).toBe(13);
  expect(fromEachCluster(new Map(clusters.toReversed()), 4, 7)).toEqual(chosen);
  expect(fromEachCluster(new Map(clusters), 4, 8)).not.toEqual(chosen);
});

it('takes the most difficult, never one without a rating, and the seed decides among equals', () => {
  const ratings = new Map<string, number | null>([
    ['a', 9],
    ['b', null],
    ...Array.from({ length: 20 }, (_, index) => [`five ${index}`, 5] as const),
    ['c', 10],
  ]);
  const chosen = mostDifficult(ratings, 6, 1);
  expect(chosen.slice(0, 2)).toEqual(['c', 'a']);
  expect(chosen).toHaveLength(6);
  expect(mostDifficult(new Map([...ratings].toReversed()), 6, 1)).toEqual(chosen);
  expect(mostDifficult(ratings, 6, 2)).not.toEqual(chosen);
  expect(mostDifficult(ratings, 100, 1)).toHaveLength(22);
});
