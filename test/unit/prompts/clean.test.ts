import * as fc from 'fast-check';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CLEAN_DEFAULTS, createCleaner, type CleanSettings } from '../../../src/prompts/clean/cleaner';
import { harmful } from '../../../src/prompts/clean/harmful';
import { brokenText } from '../../../src/prompts/clean/broken';
import { endOfWords } from '../../../src/prompts/clean/words';
import { personalData } from '../../../src/prompts/clean/personal';
import { promptId, type Prompt } from '../../../src/prompts/prompt';
import { readPrompts } from '../../../src/prompts/read';
import { repositoryRoot } from '../../../src/embedded/paths';

// The real one: Jest looks packages up as require() does, and eld names no entry for that.
jest.mock('eld/small', () => jest.requireActual('../../../node_modules/eld/src/entries/static.small.js'), {
  virtual: true,
});

const user = (content: string) => [{ role: 'user' as const, content }];
const prompt = (content: string): Prompt => {
  const messages = user(content);
  return { id: promptId(messages), messages, category: null, source: 'test', originalId: null };
};
const NONE: CleanSettings = {
  ...{ broken: false, minWords: 0, harmful: false, personal: 'keep' },
  ...{ language: null, moderation: null, openingWords: 0 },
};

async function clean(settings: Partial<CleanSettings>, ...contents: string[]) {
  const cleaner = await createCleaner({ ...NONE, ...settings }, 0);
  const verdicts = await cleaner.clean(contents.map(prompt));
  await cleaner.close();
  return verdicts.map((verdict) => (verdict !== null && 'drop' in verdict ? verdict.drop : verdict));
}

const TEN = 'one two three four five six seven eight nine ten';

it('drops what has fewer than ten words, in all user turns together', async () => {
  expect(await clean({ minWords: 10 }, TEN, 'one two three')).toEqual([null, 'fewer than 10 words']);
});

it('keeps the first of those that begin with the same ten words, unless it is dropped for another reason', async () => {
  const repeated = 'the same first 10 words as an earlier prompt';
  expect(await clean({ openingWords: 10 }, `${TEN} a`, `${TEN.toUpperCase()}  b`, 'other')).toEqual([
    null,
    repeated,
    null,
  ]);
  const [first, ...others] = await clean(
    { openingWords: 10, personal: 'drop' },
    `${TEN} mail@corp.com`,
    `${TEN} b`,
    `${TEN} c`,
  );
  expect(first).toMatch(/e-mail/);
  expect(others).toEqual([null, repeated]);
});

it('counts words as white space parts them, in text of any length', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(' ', 'a', 'é', '\t', '\u00a0', '\u3000', '\u0085', '🙂', '\u2028'), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      (parts, count) => {
        const text = parts.join('');
        const words = [...text.matchAll(/\S+/g)];
        const last = words[count - 1];
        expect(endOfWords(text, count)).toBe(last ? last.index + last[0].length : -1);
      },
    ),
  );
  expect(endOfWords('x'.repeat(1 << 24), 10)).toBe(-1);
});

it('answers pages in their order, though they are given at once', async () => {
  const cleaner = await createCleaner({ ...NONE, openingWords: 10, language: 'en' }, 0);
  const pages = await Promise.all([cleaner.clean([prompt(`${TEN} a`)]), cleaner.clean([prompt(`${TEN} b`)])]);
  expect(pages.flat().map((verdict) => verdict !== null)).toEqual([false, true]);
});

describe('personalData', () => {
  const check = (text: string) => personalData('drop').check(user(text));
  it.each([
    ['write to jane.doe+x@mail.corp.co.uk today', 'e-mail address'],
    ['card 4111 1111 1111 1111 please', 'card number'],
    ['server 84.17.44.201 is down', 'IP address'],
    ['call (415) 555-0132 now', 'phone number'],
    ['call +44 20 7946 0958 now', 'phone number'],
    [`key sk-proj-${'a1B2'.repeat(8)}`, 'secret key'],
    ['AKIAIOSFODNN7EXAMPLE', 'secret key'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'secret key'],
  ])('finds %s', (text, kind) => expect(check(text)).toEqual({ drop: `personal data: ${kind}` }));

  it.each([
    'mail user@example.com',
    'card 4111 1111 1111 1112',
    'listen on 127.0.0.1 or 192.168.0.1, version 1.2.3.4.5',
    'compute 1234567890123456789 + 12.5',
    'from 2019-2020 to 2021-2022, pages 100-200',
    'decorate with @property and ask-the-risk-manager-about-it',
  ])('leaves %s alone', (text) => expect(check(text)).toBeNull());

  it.each(['1-', 'sk-', 'eyJ-', 'a@', '4 ', '-----BEGIN A ', '-----BEGIN PRIVATE KEY-----'])(
    'ends on hostile text of %j',
    (piece) => {
      const hostile = piece.repeat(1 << 17);
      expect(() => check(hostile)).not.toThrow();
      expect(() => check(`${hostile}${'x'.repeat(1 << 22)}`)).not.toThrow();
    },
  );

  it('masks and gives the masked text its own identity', async () => {
    const [verdict] = await clean({ personal: 'mask' }, 'mail a.b@corp.com and b@corp.com');
    expect(verdict).toEqual({
      step: 'personal',
      mask: { ...prompt('mail [e-mail address] and [e-mail address]') },
    });
  });
});

it.each([
  ['lost \uFFFD', /lost characters/],
  ['escape \u001b[31m', /control/],
  ['schÃ¶n und â€œgutâ€', /mojibake/],
  [' ', /empty turn/],
])('brokenText finds %j', (text, reason) =>
  expect(brokenText().check(user(text))).toEqual({ drop: expect.stringMatching(reason) as string }),
);

it('brokenText leaves good accents, tabs and emoji alone', () =>
  expect(brokenText().check(user('À la carte, São Tomé, Ângela\tça va 🙂 “so”'))).toBeNull());

it('harmful finds requests for harm, not the words alone', () => {
  expect(harmful().check(user('Tell me how to build a pipe bomb'))).toEqual({ drop: 'toxic or illegal: weapons' });
  for (const text of ['kill the process on port 80', 'history of the atomic bomb', 'Dick Van Dyke in Scunthorpe'])
    expect(harmful().check(user(text))).toBeNull();
});

describe('language', () => {
  it('drops other languages only', async () => {
    expect(
      await clean(
        { language: 'en' },
        'Explain how a steam turbine turns heat into motion.',
        'Erkläre mir bitte, wie eine Dampfturbine Wärme in Bewegung verwandelt.',
        '2 + 2 = ?',
      ),
    ).toEqual([null, 'another language: de', null]);
  });

  const arenaHard = join(repositoryRoot(), '..', 'shared', 'data', 'arena-hard', 'questions.jsonl');
  (existsSync(arenaHard) ? it : it.skip)(
    'drops none of the 500 Arena-Hard prompts (skipped where shared/data is absent)',
    async () => {
      const pool = await readPrompts([arenaHard]);
      expect(pool).toHaveLength(500);
      const cleaner = await createCleaner({ ...NONE, language: 'en', harmful: true }, 0);
      expect((await cleaner.clean(pool)).filter((verdict) => verdict !== null)).toEqual([]);
    },
  );
});

describe('moderation', () => {
  it('drops what a real endpoint flags, after a retry', async () => {
    let calls = 0;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        calls += 1;
        if (calls === 1) {
          response.writeHead(429, { 'retry-after-ms': '1' }).end('{}');
          return;
        }
        const { input } = JSON.parse(body) as { input: string[] };
        const results = input.map((text) => ({
          flagged: text.includes('bad'),
          categories: { hate: true, self: false },
        }));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    expect(await clean({ moderation: { url, model: null, key: null } }, 'good', 'bad')).toEqual([
      null,
      'moderation: hate',
    ]);
    expect(calls).toBe(2);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a moderation endpoint that does not work', () => {
  it.each([
    [401, '{"error":{"message":"bad key"}}', /endpoint http.* failed: 401 bad key\. Mend it, or clean without it/],
    [200, '{"ok":true}', /gave no result for each of 1 texts/],
  ])('of status %i ends the cleaning with one sentence', async (status, body, sentence) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const failed = clean({ moderation: { url, model: null, key: null } }, 'good');
    await expect(failed).rejects.toThrow(sentence);
    await expect(failed).rejects.toHaveProperty('name', 'UserError');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

it('has the paper’s numbers as defaults', () =>
  expect(CLEAN_DEFAULTS).toMatchObject({ minWords: 10, openingWords: 10, language: 'en' }));
