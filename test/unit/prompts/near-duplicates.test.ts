import * as fc from 'fast-check';
import { generateConversations } from '../../../bench/data/generate';
import { createNearDuplicates } from '../../../src/prompts/near-duplicates/near-duplicates';
import { bandsOf, NEAR_DUPLICATE_DEFAULTS } from '../../../src/prompts/near-duplicates/settings';
import { createShingleSet } from '../../../src/prompts/near-duplicates/shingle-set';
import { createUnitPages, createUnitWriter } from '../../../src/prompts/near-duplicates/units';

function shinglesOf(text: string, shingle: number): Set<string> {
  const plain = text.normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase().padEnd(shingle, '\0');
  return new Set(Array.from({ length: plain.length - shingle + 1 }, (_, at) => plain.slice(at, at + shingle)));
}

function jaccard(a: string, b: string, shingle = 5): number {
  const [left, right] = [shinglesOf(a, shingle), shinglesOf(b, shingle)];
  const common = [...left].filter((one) => right.has(one)).length;
  return common / (left.size + right.size - common);
}

const keepersOf = (texts: readonly string[], settings = NEAR_DUPLICATE_DEFAULTS) => {
  const duplicates = createNearDuplicates(settings);
  return texts.map((text) => duplicates.add(text));
};

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(fc.constantFrom('the', 'old', 'harbour', 'Kraków', '🌊🌊', 'sings', ' '), { maxLength: 14 })
    .map((words) => words.join(' ')),
);

it('counts the common shingles of any two texts exactly, also from its pages', () => {
  fc.assert(
    fc.property(anyText, anyText, fc.integer({ min: 1, max: 7 }), (a, b, shingle) => {
      const write = createUnitWriter(shingle);
      const pages = createUnitPages();
      pages.push(write(a));
      pages.push(write(b));
      const set = createShingleSet(shingle);
      set.load(pages.get(1));
      const other = set.size;
      set.load(pages.get(0));
      const common = set.common(pages.get(1), 0);
      expect(common / (set.size + other - common)).toBe(jaccard(a, b, shingle));
    }),
  );
});

it('drops only what is as similar as the threshold says, to a text that is kept', () => {
  fc.assert(
    fc.property(
      fc.array(anyText, { maxLength: 20 }),
      fc.double({ min: 0.2, max: 1, noNaN: true }),
      (texts, threshold) => {
        keepersOf(texts, { ...NEAR_DUPLICATE_DEFAULTS, jaccard: threshold }).forEach(
          ({ keeper, similarity }, index, all) => {
            if (keeper === index) return;
            expect(similarity).toBe(jaccard(texts[keeper]!, texts[index]!));
            expect(similarity).toBeGreaterThanOrEqual(threshold);
            expect(keeper).toBeLessThan(index);
            expect(all[keeper]?.keeper).toBe(keeper);
          },
        );
      },
    ),
  );
});

it('leaves hardly a pair of planted near copies, and finds what an exact search finds', () => {
  const rows = [...generateConversations({ count: 1500, seed: 3, duplicates: 0.3, contamination: 0.02 })];
  const texts = rows.map(({ prompt }) => prompt);
  const found = keepersOf(texts);
  const planted = rows.flatMap(({ of }, index) => {
    const original = of?.startsWith('c-') ? Number(of.slice(2)) : null;
    return original !== null && jaccard(texts[original]!, texts[index]!) >= 0.4 ? [[original, index] as const] : [];
  });
  expect(planted.length).toBeGreaterThan(200);
  const isKept = (index: number) => found[index]?.keeper === index;
  const left = planted.filter((pair) => pair.every(isKept));
  expect(1 - left.length / planted.length).toBeGreaterThanOrEqual(0.98);
});

it('keeps the first of equal texts, however many, whatever their case, form and white space', () => {
  const texts = Array.from({ length: 1000 }, (_, index) =>
    index % 2 ? 'Caf\u00e9 au lait  please' : 'CAFE\u0301 au\nlait please ',
  );
  expect(keepersOf(texts).every(({ keeper, similarity }) => keeper === 0 && similarity === 1)).toBe(true);
});

it('compares with what is kept, not along a chain', () => {
  const [a, b, c] = ['abcdefghijklmno', 'fghijklmnopqrst', 'klmnopqrstuvwxy'];
  const settings = { permutations: 128, shingle: 1, jaccard: 0.4 };
  expect([jaccard(a, b, 1), jaccard(b, c, 1), jaccard(a, c, 1)]).toEqual([0.5, 0.5, 0.2]);
  expect(keepersOf([a, b, c], settings).map(({ keeper }) => keeper)).toEqual([0, 0, 2]);
});

it('knows short and empty texts by all of them', () =>
  expect(keepersOf(['', 'hi', ' ', 'Hi', 'ho', '😀', '😀']).map(({ keeper }) => keeper)).toEqual([
    0, 1, 0, 1, 4, 5, 5,
  ]));

it.each([
  [{ permutations: 0 }, /^permutations: 0 must be a multiple of 4/],
  [{ permutations: 130 }, /^permutations: 130/],
  [{ shingle: 0 }, /^shingle: 0/],
  [{ shingle: 2.5 }, /^shingle: 2\.5/],
  [{ jaccard: 0 }, /^jaccard: 0 must be above 0/],
  [{ jaccard: Number.NaN }, /^jaccard: NaN/],
  [{ jaccard: 1.1 }, /^jaccard: 1\.1/],
])('refuses %j', (settings, sentence) =>
  expect(() => createNearDuplicates({ ...NEAR_DUPLICATE_DEFAULTS, ...settings })).toThrow(sentence),
);

it('uses 32 bands of 4 by default, and longer ones for a higher threshold', () => {
  expect(bandsOf(NEAR_DUPLICATE_DEFAULTS)).toEqual({ bands: 32, rows: 4 });
  const strict = bandsOf({ ...NEAR_DUPLICATE_DEFAULTS, jaccard: 0.8 });
  expect(strict.rows).toBeGreaterThan(10);
  expect(strict.rows * strict.bands).toBeLessThanOrEqual(128);
});

it.each([0.4, 0.7, 0.85, 0.9, 0.95])('finds pairs between a threshold of %d and 1 nearly always', (threshold) => {
  const { rows, bands } = bandsOf({ ...NEAR_DUPLICATE_DEFAULTS, jaccard: threshold });
  expect(1 - (1 - ((threshold + 1) / 2) ** rows) ** bands).toBeGreaterThanOrEqual(0.95);
});
