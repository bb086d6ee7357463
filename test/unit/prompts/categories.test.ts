import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATEGORIES } from '../../../src/prompts/categories/category';
import { CATEGORY } from '../../../src/prompts/categories/question';
import { categoryByRule } from '../../../src/prompts/categories/rule';

const questions = join(__dirname, '../../../../shared/data/mt-bench/question.jsonl');

describe('categoryByRule', () => {
  it.each([
    ['Write a Python function that merges two sorted lists.', 'coding'],
    ['Write a short poem about the first snow in a mountain village.', 'writing'],
    ['Solve for x: 3x + 7 = 22', 'math'],
    ['Pretend you are a pirate and tell me about your day.', 'roleplay'],
    ['Extract all dates from the following text and return them as JSON: …', 'extraction'],
    ['How do enzymes speed up chemical reactions in cells?', 'stem'],
    ['What caused the fall of the Roman empire, and how did its economy change?', 'humanities'],
    ['Anna is taller than Ben, and Ben is taller than Carl. Who is the shortest? A puzzle.', 'reasoning'],
    ['Hello there', null],
    ['', null],
  ])('%s: %s', (text, category) => expect(categoryByRule(text)).toBe(category));

  const withData = existsSync(questions) ? it : it.skip;
  withData('agrees with MT-bench on 60 of its 80 questions or more (skips without shared/data)', () => {
    const rows = readFileSync(questions, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { category: string; turns: string[] });
    const right = rows.filter(({ category, turns }) => categoryByRule(turns.join('\n')) === category);
    expect(rows).toHaveLength(80);
    expect(right.length).toBeGreaterThanOrEqual(60);
    expect(new Set(right.map(({ category }) => category)).size).toBe(CATEGORIES.length);
  });
});

describe('the judge’s category', () => {
  it.each([
    ['Category: math', 'math'],
    ['**Category:** Coding', 'coding'],
    ['It is a poem.\nCategory: writing\n', 'writing'],
    ['Category: <stem>', 'stem'],
    ['Category: math\nCategory: coding', null],
    ['Category: cooking', null],
    ['math', null],
  ])('%j is %s', (text, category) => expect(CATEGORY.read(text)).toBe(category));
});
