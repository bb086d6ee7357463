import * as fc from 'fast-check';
import { csvRecords } from '../../../src/arena/csv';
import { csv } from '../../../src/report/csv';
import { escapeMarkdown, escapeMarkup, shortened, shown, wrapped } from '../../../src/report/text';

describe('names as they are shown', () => {
  it.each([
    ['ANSI colours', '\x1b[31mred\x1b[0m', '\ufffdred\ufffd'],
    ['a right-to-left override', 'a\u202egpt', 'a\ufffdgpt'],
    ['line breaks', 'a\r\nb', 'a\ufffd\ufffdb'],
    ['half of a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['what is harmless', 'Größe 7B · 模型 🙂', 'Größe 7B · 模型 🙂'],
  ])('make %s visible or leave it', (_name, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('are shortened in the middle, where versions differ least, and never inside a character', () => {
    expect(shortened('llama-3.1-nemotron-70b-instruct-2024-10-15', 20)).toBe('llama-3.1-nem…-10-15');
    expect(Array.from(shortened('🙂'.repeat(1000), 10))).toHaveLength(10);
    expect(shortened('short')).toBe('short');
  });

  it('keep all words when lines are wrapped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 }).filter((word) => !word.includes(' '))),
        fc.nat(40),
        (words, width) => {
          const lines = wrapped(words.join(' '), width);
          expect(lines.join(' ')).toBe(words.join(' '));
          for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('Markdown', () => {
  it.each([
    ['a pipe', 'a|b', 'a\\|b'],
    ['HTML', '<script>', '\\<script\\>'],
    ['a link', '[x](javascript:alert)', '\\[x\\](javascript:alert)'],
    [
      'an address that would become a link',
      'https://evil.test www.evil.test a@b.c',
      'https\\://evil.test www\\.evil.test a\\@b.c',
    ],
    ['an entity', '&lt;', '\\&lt;'],
    ['emphasis', '*a* _b_ `c` ~~d~~', '\\*a\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~'],
    ['a heading', '# a', '\\# a'],
    ['a list', '- a', '\\- a'],
    ['a numbered list', '1. a', '1\\. a'],
    ['a number', '15.0', '15.0'],
    ['code by indentation', '     a', ' a'],
  ])('takes %s as text', (_name, text, expected) => {
    expect(escapeMarkdown(text)).toBe(expected);
  });
});

it('leaves no markup in HTML text or attributes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '\x1b', '\u202e') }), (text) => {
      expect(escapeMarkup(text)).toMatch(/^(&(amp|lt|gt|quot|#39);|a|\ufffd)*$/);
    }),
  );
});

describe('CSV', () => {
  it('is read back as it was written', () => {
    const cell = fc
      .string({ unit: fc.constantFrom(',', '"', '\n', '\r\n', ' ', 'é', '🙂', 'b') })
      .filter((text) => !/^[\t\r]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const records = [...csvRecords(csv(['one', 'two'], rows), 'test')];
        expect(records.slice(1).map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('gives a spreadsheet no formula: %j', (text) => {
    expect(
      csv(['model'], [[text]])
        .slice('model\n'.length)
        .replaceAll('"', ''),
    ).toBe(`'${text}`);
  });

  it('leaves numbers and what cannot be a formula alone', () => {
    expect(
      csv(
        ['model', 'rating'],
        [
          ['gpt-4=x', -12.5],
          ['b', null],
        ],
      ),
    ).toBe('model,rating\ngpt-4=x,-12.5\nb,');
  });
});
