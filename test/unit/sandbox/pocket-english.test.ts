import { answer } from '../../../src/sandbox/pocket-english/answers';
import { baseRows } from '../../../src/sandbox/pocket-english/base-rows';
import { CATEGORIES } from '../../../src/sandbox/pocket-english/category';
import { CRITERIA, criteria, type PerCriterion } from '../../../src/sandbox/pocket-english/criteria';
import { promptPool } from '../../../src/sandbox/pocket-english/pool';
import { makePrompt, parsePrompt, splitOf } from '../../../src/sandbox/pocket-english/prompts';
import { meetsCriteria, shareMet } from '../../../src/sandbox/pocket-english/report';
import { DATA_WEIGHTS, EVALUATION_WEIGHTS, score } from '../../../src/sandbox/pocket-english/score';
import { BASE_SKILL, PLAYERS, skilledAnswer, SKILLS, type Skill } from '../../../src/sandbox/pocket-english/skills';
import { vocabulary } from '../../../src/sandbox/pocket-english/vocabulary';
import { wordsOf } from '../../../src/sandbox/pocket-english/words';
import { Rng } from '../../../src/sandbox/rng';

const ALL = [true, true, true, true, true, true, true, true] as const;

/** All criteria met but one. */
const allBut = (missed: number): PerCriterion<boolean> =>
  ALL.map((_, index) => index !== missed) as unknown as PerCriterion<boolean>;

/** Prompts of all categories, with repetitions. */
const draws = (count: number, seed: number) => {
  const rng = new Rng(seed);
  return Array.from({ length: count }, (_, index) => makePrompt(rng, CATEGORIES[index % CATEGORIES.length] ?? 'math'));
};

/** The criteria that an answer meets in full. */
const metBy = (prompt: string, text: string) => {
  const met = meetsCriteria(prompt, text);
  return met && CRITERIA.filter((name) => met[name] === 1);
};

describe('the vocabulary', () => {
  it('is exactly the words of prompts and answers', () => {
    const rng = new Rng(1);
    const seen = new Set<string>();
    for (const { text, fields } of draws(60_000, 2)) {
      const met = ALL.map(() => rng.chance(0.5)) as unknown as PerCriterion<boolean>;
      for (const word of [...wordsOf(text), ...wordsOf(answer(fields, met, rng))]) seen.add(word);
    }
    expect(vocabulary()).toEqual([...seen].sort());
  });

  it('has the 233 words of the prototype', () => {
    expect(vocabulary()).toHaveLength(233);
  });
});

describe('prompts', () => {
  it('are read back from their text alone', () => {
    for (const { text, fields } of draws(10_000, 3)) expect(parsePrompt(text)).toEqual(fields);
  });

  it('are read whatever the white space', () => {
    expect(parsePrompt('  olga has 7 stamps\nand loses 1 . how many  stamps ? ')).toEqual({
      category: 'math',
      name: 'olga',
      thing: 'stamps',
      a: 7,
      b: 1,
      sign: 'minus',
    });
  });

  it.each([
    '',
    'write a poem about the sea',
    'write a warm note to nobody about the garden',
    'olga has 7 stamps and loses 1 . how many keys ?',
    'olga has 1 stamps and loses 7 . how many stamps ?',
    'which one is a colour ? spade rome cat',
    'write a function to add x and x for rosa',
    'list 9 things of kind city for jack',
  ])('of another kind are none: %j', (text) => {
    expect(parsePrompt(text)).toBeNull();
  });
});

describe('the prompt pool', () => {
  const train = promptPool({ count: 3000, split: 'train', seed: 5 });
  const test = promptPool({ count: 1000, split: 'test', seed: 5 });

  it('is unique, balanced and the same for the same seed', () => {
    expect(new Set(train.map((prompt) => prompt.text)).size).toBe(3000);
    for (const category of CATEGORIES)
      expect(train.filter((prompt) => prompt.fields.category === category)).toHaveLength(600);
    expect(promptPool({ count: 300, split: 'train', seed: 5 })).toEqual(train.slice(0, 300));
    expect(promptPool({ count: 300, split: 'train', seed: 6 })).not.toEqual(train.slice(0, 300));
  });

  it('keeps the splits apart', () => {
    expect(train.every((prompt) => splitOf(prompt.text) === 'train')).toBe(true);
    expect(test.every((prompt) => splitOf(prompt.text) === 'test')).toBe(true);
  });

  it('leaves out what it is told to', () => {
    const texts = train.map((prompt) => prompt.text);
    const more = promptPool({ count: 500, split: 'train', seed: 5, exclude: texts });
    expect(more.some((prompt) => texts.includes(prompt.text))).toBe(false);
  });

  it('says when the supply ends', () => {
    expect(() => promptPool({ count: 20_000, split: 'test', seed: 1 })).toThrow(
      /no more test prompts of the category "planning" after \d+ of the 20000 asked for; ask for \d+ at most/u,
    );
  });
});

describe('criteria', () => {
  it('give 10 to an answer that meets them all, by both judges', () => {
    const rng = new Rng(4);
    for (const { fields } of draws(5000, 5)) {
      const met = criteria(fields, answer(fields, ALL, rng));
      expect(met).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
      expect(score(met, DATA_WEIGHTS)).toBe(10);
      expect(score(met, EVALUATION_WEIGHTS)).toBe(10);
    }
  });

  // A wrong result or unit spoils nothing else, so the missed one must read as missed; what else it costs is the
  // category's matter.
  it.each([...CRITERIA.entries()])('%i: see that %s is missed', (index) => {
    const rng = new Rng(index);
    for (const { fields } of draws(1000, 6)) {
      const met = criteria(fields, answer(fields, allBut(index), rng));
      expect(met[index]).toBeLessThan(1);
    }
  });

  it('give nothing for silence, and part of the credit for a phrase out of place', () => {
    const fields = parsePrompt('olga has 7 stamps and loses 1 . how many stamps ?');
    if (!fields) throw new Error('no prompt');
    expect(score(criteria(fields, ''), DATA_WEIGHTS)).toBe(1);
    expect(criteria(fields, '7 minus 1 is 6 . sure : olga has 6 stamps .')).toEqual([1, 1, 1, 1, 0, 0.4, 0, 0]);
  });

  it('know the examples', () => {
    expect(
      metBy(
        'please send anna a warm letter on the garden',
        'dear anna , this is about the party . it is useful . with love .',
      ),
    ).toEqual(['core2', 'core4', 'style']);
    expect(metBy('which one is a colour ? yellow spade rome', 'of course : the colour is yellow or rome .')).toEqual([
      'correct',
      'core3',
      'core4',
      'style',
      'opening',
    ]);
    expect(
      metBy('write a function to add x and y for rosa', 'def main ( y , x ) : return x + y checked twice .'),
    ).toEqual(['correct', 'core4', 'style', 'note']);
    expect(metBy('list 3 things of kind city for jack', 'for jack : 1 rome 2 rome 3 cat ask me more .')).toEqual([
      'correct',
      'core4',
      'style',
      'closing',
    ]);
    expect(metBy('what is the capital of france ?', 'paris')).toBeNull();
  });
});

describe('players', () => {
  const prompts = promptPool({ count: 3000, split: 'train', seed: 1 });

  /** Mean data score of a skill, over all prompts or those of one category. */
  const meanScore = (skill: Skill, category?: string): number => {
    const rng = new Rng(7);
    const scores = prompts
      .filter(({ fields }) => category === undefined || fields.category === category)
      .map(({ fields }) => score(criteria(fields, skilledAnswer(fields, skill, rng)), DATA_WEIGHTS));
    return scores.reduce((sum, value) => sum + value, 0) / scores.length;
  };

  // The means of the prototype's own code over 50,000 draws (its note gives single passes over 3,000: 6.21, 6.41, 6.65,
  // 6.11).
  it.each([
    ['poet', 6.33],
    ['clerk', 6.48],
    ['tutor', 6.69],
    ['coder', 6.17],
  ] as const)('%s scores about %d', (player, mean) => {
    expect(Math.abs(meanScore(SKILLS[player]) - mean)).toBeLessThan(0.1);
  });

  it("of the base are about the prototype's 4.44", () => {
    expect(Math.abs(meanScore(BASE_SKILL) - 4.44)).toBeLessThan(0.1);
  });

  it('have a scholar who is best but short of perfect', () => {
    expect(meanScore(SKILLS.scholar)).toBeGreaterThan(meanScore(SKILLS.tutor) + 1);
    expect(meanScore(SKILLS.scholar)).toBeLessThan(8.5);
  });

  it.each([
    ['poet', 'writing'],
    ['clerk', 'extraction'],
    ['tutor', 'math'],
    ['coder', 'coding'],
  ] as const)('%s leads %s among the four', (leader, category) => {
    const means = PLAYERS.filter((player) => player !== 'scholar').map(
      (player) => [player, meanScore(SKILLS[player], category)] as const,
    );
    expect(means.toSorted((a, b) => b[1] - a[1])[0]?.[0]).toBe(leader);
  });
});

describe('base rows', () => {
  it('come from train prompts, the same for the same seed', () => {
    const rows = [...baseRows({ count: 2000, seed: 3 })];
    expect(rows).toHaveLength(2000);
    expect(rows.every((row) => splitOf(row.prompt) === 'train' && parsePrompt(row.prompt))).toBe(true);
    expect([...baseRows({ count: 100, seed: 3 })]).toEqual(rows.slice(0, 100));
    const met = shareMet(rows.map((row) => meetsCriteria(row.prompt, row.answer)).filter((report) => report !== null));
    expect(met.opening).toBeCloseTo(0.25, 1);
    expect(met.correct).toBeGreaterThan(0.35);
    expect(met.correct).toBeLessThan(0.6);
  });
});
