import * as fc from 'fast-check';
import { contentId } from '../../../src/identity';
import { createNumberMap } from '../../../src/prompts/number-map';
import { normaliseText, promptId, type Message } from '../../../src/prompts/prompt';

/** The rule without its short cuts: stored identities must never change. */
const slowText = (text: string) => text.normalize('NFC').replace(/\s+/gu, ' ').trim();
const slowId = (messages: Message[]) => contentId(messages.map(({ role, content }) => [role, slowText(content)]));

const HOSTILE = [
  ...[
    '',
    ' ',
    'a',
    ' a',
    'a ',
    'a  b',
    'a\tb',
    'a\nb',
    'a\u00a0b',
    'e\u0301',
    '\u00e9',
    '\ufeffa',
    '\u007f',
    '\u0000',
    '~!',
  ],
  ...[
    '\ud800',
    'a\udc00b',
    '"\\',
    '\u2028',
    '🙂 x',
    '\u1680a',
    'ﬁ',
    '한글',
    '\u212b',
    '\r\n',
    '</script>',
    '__proto__',
  ],
];
const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(' ', 'a', 'é', 'e\u0301', '\t', '~'), { maxLength: 12 }).map((parts) => parts.join('')),
);

it('gives hostile texts the identity they always had', () => {
  for (const content of HOSTILE)
    expect(promptId([{ role: 'user', content }])).toBe(slowId([{ role: 'user', content }]));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (texts) => {
      const messages = texts.map((content, at): Message => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
      expect(messages.map(({ content }) => normaliseText(content))).toEqual(texts.map(slowText));
      expect(promptId(messages)).toBe(slowId(messages));
    }),
    { numRuns: 2000 },
  );
});

it('keeps the first number of each key, also through its growth', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 48 }), { maxLength: 50 }), (keys) => {
      const map = createNumberMap();
      expect(keys.map((key, value) => map.claim(key, value))).toEqual(keys.map(() => null));
      expect(keys.map((key) => map.claim(key, -5))).toEqual(keys.map((_, value) => value));
    }),
  );
  const map = createNumberMap();
  for (let key = 0; key < 20_000; key++) map.claim(key * 2 ** 20, key);
  for (let key = 0; key < 20_000; key++) expect(map.claim(key * 2 ** 20, 0)).toBe(key);
});
