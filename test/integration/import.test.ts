import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Pool } from 'pg';
import { writeConversations } from '../../bench/data/generate';
import { main } from '../../src/cli/main';
import { repositoryRoot } from '../../src/embedded/paths';
import { CLEAN_DEFAULTS } from '../../src/prompts/clean/cleaner';
import { cleanPool } from '../../src/prompts/clean/clean-pool';
import { importIntoPool } from '../../src/prompts/import/import-pool';
import { allOf } from '../../src/prompts/pages';
import { readPrompts } from '../../src/prompts/read';
import { readSources, readWholeSources } from '../../src/prompts/sources';
import { dropDuplicates } from '../../src/prompts/near-duplicates/drop-duplicates';
import { NEAR_DUPLICATE_DEFAULTS } from '../../src/prompts/near-duplicates/settings';
import { CATEGORIES, type Category } from '../../src/prompts/categories/category';
import { categorisePool } from '../../src/prompts/categories/categorise-pool';
import { lexicalEmbedder } from '../../src/prompts/embed/lexical';
import { storedEmbedder } from '../../src/prompts/embed/stored';
import { fillCategories, loadPrompts } from '../../src/store/prompts';
import { buildTestSet, type TestSetSettings } from '../../src/prompts/test-set/build';
import type { PromptJudge } from '../../src/prompts/questions/ask';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { testDatabase } from '../support/postgres';

const ROWS = 60_000;

let server: Awaited<ReturnType<typeof testDatabase>>;
let db: Pool;
const folder = temporaryFolder('import');
const file = join(folder, 'rows.jsonl');
const packed = join(folder, 'rows.jsonl.gz');

jest.setTimeout(300_000);

beforeAll(async () => {
  server = await testDatabase();
  db = server.pool;
  await writeConversations(file, { count: ROWS, seed: 1, duplicates: 0.1, contamination: 0, dirt: 0.06 });
  writeFileSync(packed, gzipSync(readFileSync(file)));
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Prompts of a pool that cleaning left. */
const keptIn = async (pool: string) => (await readWholeSources(db, [`pool:${pool}`], 'all')).prompts;

async function contents(pool: string) {
  const { rows } = await db.query('select prompt, file, line from pool_prompts where pool = $1 order by file, line', [
    pool,
  ]);
  const { rows: files } = await db.query(
    'select number, rows_read, finished, counts from pool_files where pool = $1 order by number',
    [pool],
  );
  return { rows, files };
}

const importProcess = (pool: string, path: string) =>
  spawn(
    process.execPath,
    ['-r', './test/support/typescript.cjs', 'test/integration/import-process.ts', server.url, pool, path],
    { cwd: repositoryRoot(), stdio: ['ignore', 'pipe', 'inherit'] },
  );

it.each([
  ['plain', (): string => file],
  ['gzip', (): string => packed],
])(
  'killed with SIGKILL again and again, an import (%s) ends with the pool of an undisturbed one',
  async (name, formOf) => {
    const [whole, killed, form] = [`whole-${name}`, `killed-${name}`, formOf()];
    const [report] = await importIntoPool(db, whole, [form]);
    expect(report).toMatchObject({ known: false, rows: ROWS, drops: [] });

    let kills = 0;
    for (let done = false; !done;) {
      const child = importProcess(killed, form);
      const ended = once(child, 'exit');
      // At any moment behind the first batch of each life: each gets further, and none is known to be at rest.
      child.stdout.once('data', () => {
        if (kills < 5) setTimeout(() => child.kill('SIGKILL'), 300 * Math.random());
      });
      const [, signal] = (await ended) as [number | null, string | null];
      done = signal === null;
      if (!done) kills += 1;
    }
    expect(kills).toBeGreaterThanOrEqual(2);
    expect(await contents(killed)).toEqual(await contents(whole));

    const [again] = await importIntoPool(db, killed, [form]);
    expect(again).toMatchObject({ known: true, rows: ROWS });
    expect(await contents(killed)).toEqual(await contents(whole));
  },
);

it('counts repeats and drops, and cleans by marks that a second cleaning replaces', async () => {
  const path = join(folder, 'small.jsonl');
  const long = 'Please explain to me in a few sentences how a steam engine turns heat into motion';
  writeFileSync(
    path,
    [
      { prompt: long },
      { prompt: `${long}  ` },
      { prompt: 'short' },
      { prompt: `Write to a@corp.com about it: ${long}` },
      5,
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  );
  const [report] = await importIntoPool(db, 'small', [path], { licence: 'mit' });
  expect(report).toMatchObject({ rows: 5, added: 3, repeated: 1 });
  expect(report?.drops).toEqual([
    { reason: expect.stringContaining('wrong type') as string, count: 1, first: [{ file: path, line: 5 }] },
  ]);

  const settings = { ...CLEAN_DEFAULTS, language: null };
  const dropped = await cleanPool(db, 'small', settings);
  expect(dropped).toMatchObject({ rows: 3, kept: 1, masked: 0 });
  expect(dropped.steps.map(({ step, dropped: count }) => [step, count])).toEqual([
    ['minWords', 1],
    ['personal', 1],
  ]);
  expect((await keptIn('small')).map(({ messages }) => messages[0]?.content)).toEqual([long]);

  expect(await cleanPool(db, 'small', { ...settings, minWords: 0, personal: 'mask' })).toMatchObject({
    kept: 3,
    masked: 1,
  });
  expect((await keptIn('small')).map(({ messages }) => messages[0]?.content)).toEqual([
    long,
    'short',
    `Write to [e-mail address] about it: ${long}`,
  ]);
});

it("a run's sources are files and pools, each text once; of turns without replies the first", async () => {
  const [inFile, inPool] = [join(folder, 'own.jsonl'), join(folder, 'pooled.jsonl')];
  const rowsTo = (path: string, rows: unknown[]) =>
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  rowsTo(inFile, [{ prompt: 'one' }, { prompt: 'two' }]);
  rowsTo(inPool, [{ prompt: 'two' }, { turns: ['three', 'and now shorter'] }, { turns: ['three', 'other'] }]);
  await importIntoPool(db, 'sources', [inPool]);

  const { prompts, sources } = await readWholeSources(db, [inFile, 'pool:sources']);
  expect(prompts.map(({ messages }) => messages.map(({ content }) => content))).toEqual([['one'], ['two'], ['three']]);
  const fromFiles = await readPrompts([inFile, inPool]);
  expect(prompts.map(({ id }) => id)).toEqual(fromFiles.map(({ id }) => id));
  expect(sources.map(({ source, prompts: count }) => [source, count])).toEqual([
    [inFile, 2],
    ['pool:sources', 3],
  ]);
  // Later readings give the prompts of the first one, or say that they are not there any more.
  const read = await readSources(db, ['pool:sources', inFile]);
  await importIntoPool(db, 'sources', [inFile]);
  expect((await allOf(read)).map(({ id }) => id)).toEqual(read.ids);
  await cleanPool(db, 'sources', { ...CLEAN_DEFAULTS, language: null, openingWords: 0, minWords: 2 });
  await expect(allOf(read)).rejects.toThrow(/pool:sources changed while its prompts were read: the prompt \w+ is not/);
  await expect(readSources(db, ['pool:none'])).rejects.toThrow(/npx flywheel prompts import FILE --pool none/);
});

it('drops near-duplicates of what cleaning left, says of which, and starts anew each time', async () => {
  const path = join(folder, 'alike.jsonl');
  const prompts = [
    'short',
    'Please explain in simple words how a steam engine turns heat into motion',
    'Please explain in simple words how the steam engine turns heat into motion!',
    'Which rivers flow through the capital of Hungary, and where do they come from?',
  ];
  writeFileSync(path, prompts.map((prompt) => JSON.stringify({ prompt })).join('\n'));
  await importIntoPool(db, 'alike', [path]);
  await cleanPool(db, 'alike', { ...CLEAN_DEFAULTS, language: null, openingWords: 0 });

  const report = await dropDuplicates(db, 'alike', NEAR_DUPLICATE_DEFAULTS);
  expect(report).toMatchObject({ rows: 3, kept: 2, dropped: 1 });
  expect(report.doubtful).toMatchObject([{ dropped: { file: path, line: 3 }, kept: { file: path, line: 2 } }]);
  expect(report.doubtful[0]?.similarity).toBeGreaterThan(0.6);
  const texts = async () => (await keptIn('alike')).map(({ messages }) => messages[0]?.content);
  expect(await texts()).toEqual([prompts[1], prompts[3]]);

  expect(await dropDuplicates(db, 'alike', { ...NEAR_DUPLICATE_DEFAULTS, jaccard: 0.99 })).toMatchObject({
    dropped: 0,
  });
  expect(await texts()).toEqual(prompts.slice(1));
  await dropDuplicates(db, 'alike', NEAR_DUPLICATE_DEFAULTS);
  await cleanPool(db, 'alike', { ...CLEAN_DEFAULTS, language: null, openingWords: 0, minWords: 0 });
  expect(await texts()).toEqual(prompts);
  await expect(dropDuplicates(db, 'none', NEAR_DUPLICATE_DEFAULTS)).rejects.toThrow(/npx flywheel prompts import/);
});

it('drops what is too near to a benchmark, with a report for a person, and stops where that is much of the pool', async () => {
  const [path, tests, report] = ['chats.jsonl', 'benchmark.jsonl', 'pairs.md'].map((one) => join(folder, one)) as [
    string,
    string,
    string,
  ];
  const question =
    'Explain step by step how a sailing ship can travel against the wind, and which forces act on its keel.';
  const rows = (target: string, prompts: string[]) =>
    writeFileSync(target, prompts.map((prompt) => JSON.stringify({ prompt })).join('\n'));
  rows(tests, [question]);
  rows(path, [
    `${question} Be brief.`,
    `Dear model, ${question.slice(0, 85)} on Mars?`,
    'Which flour should I buy for sourdough bread, and why does its protein matter?',
    'Name four rivers of Hungary and their springs.',
  ]);
  await importIntoPool(db, 'near', [path]);
  const texts = async () => (await keptIn('near')).map(({ messages }) => messages[0]?.content.slice(0, 10));

  const command = ['prompts', 'decontaminate', '--pool', 'near', '--against', tests];
  const log = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  process.env['FLYWHEEL_DATABASE_URL'] = server.url;
  try {
    expect(await main([...command, '--report', report])).toBe(0);
    expect(await texts()).toEqual(['Which flou', 'Name four ']);
    const written = readFileSync(report, 'utf8');
    expect(written).toContain('2 of 4 prompts are too near to one of 1 tests');
    expect(written).toContain('Shared words:');
    const error = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await main([...command, '--nearest', '1'])).not.toBe(0);
    expect(error.mock.calls.join('')).toMatch(/Nothing was dropped\. Give a similarity instead/);
    error.mockRestore();
    // The refusal left the marks as they were.
    expect(await texts()).toEqual(['Which flou', 'Name four ']);
    expect(await main([...command, '--similarity', '0.999', '--ngram', '0', '--json'])).toBe(0);
    expect(await texts()).toHaveLength(4);
  } finally {
    delete process.env['FLYWHEEL_DATABASE_URL'];
    log.mockRestore();
  }
});

it('makes a test set by clusters and difficulty, pays for each rating once, and freezes it under its name', async () => {
  const subjects = ['sailing ships', 'sourdough bread', 'matrix algebra'];
  const path = join(folder, 'subjects.jsonl');
  const row = (index: number) => ({ prompt: `Tell me about ${subjects[index % 3]} in case ${index}`, id: `s${index}` });
  writeFileSync(path, Array.from({ length: 60 }, (_, index) => JSON.stringify(row(index))).join('\n'));
  await importIntoPool(db, 'subjects', [path]);
  let calls = 0;
  const rater: PromptJudge<number> = {
    name: 'test judge',
    read: (text) => (text === 'null' ? null : Number(text)),
    ask: ({ id, originalId }) => {
      calls += 1;
      if (calls === 5) return Promise.reject(new Error('the endpoint is down'));
      const number = Number(originalId?.slice(1));
      const difficulty = number % 4 === 0 ? null : number / 6;
      return Promise.resolve({ prompt: id, text: `${difficulty}`, promptTokens: 1, completionTokens: 1 });
    },
  };
  const settings = { kind: 'mix', clusters: 3, perCluster: 2, candidates: 20, top: 6, seed: 1 } as const;
  const build = (into: string, change: Partial<TestSetSettings> = {}) =>
    buildTestSet(db, {
      pool: 'subjects',
      into,
      settings: { ...settings, ...change },
      embedder: lexicalEmbedder(),
      rater,
    });

  await expect(build('tests')).rejects.toThrow('the endpoint is down');
  const report = await build('tests');
  expect(calls).toBe(61);
  expect(report).toMatchObject({ pool: 'tests', diverse: 6, hard: 6, rated: 60, invalid: 15 });
  const ids = (await keptIn('tests')).map(({ originalId }) => originalId);
  expect(ids).toHaveLength(report.prompts);
  expect(ids).toEqual(expect.arrayContaining(['s59', 's58', 's57', 's55', 's54', 's53']));

  expect(await build('tests')).toEqual(report);
  expect(calls).toBe(61);
  await expect(build('tests', { seed: 2 })).rejects.toThrow(/holds mix test set of subjects already/);
  await expect(build('many', { clusters: 61 })).rejects.toThrow(/61 clusters of 60 prompts/);
});

it('embeds each text once, whatever fails in between, and gives back the same numbers', async () => {
  const texts = Array.from({ length: 150 }, (_, index) => `text ${index % 140}`);
  const asked: string[] = [];
  let failing = true;
  const words = lexicalEmbedder();
  const paid = {
    ...words,
    name: 'test embedder',
    embed: async (some: readonly string[]) => {
      if (failing && some.includes('text 70')) throw new Error('the endpoint is down');
      asked.push(...some);
      return words.embed(some);
    },
  };
  await expect(storedEmbedder(db, paid).embed(texts)).rejects.toThrow('the endpoint is down');
  expect(asked.length).toBeGreaterThan(0);
  failing = false;
  const vectors = await storedEmbedder(db, paid).embed(texts);
  expect(vectors).toEqual(await words.embed(texts));
  expect(await storedEmbedder(db, paid).embed(texts)).toEqual(vectors);
  expect(asked.toSorted()).toEqual([...new Set(texts)].toSorted());
  expect(await storedEmbedder(db, { ...paid, name: 'another' }).embed(['text 1'])).toEqual([vectors[1]]);
  expect(asked).toHaveLength(141);
});

it('gives prompts a category by rule or judge, keeps what files say, and tells the runs that use them', async () => {
  const path = join(folder, 'mixed.jsonl');
  const rows = [
    { prompt: 'Write a Python function that reverses a list.' },
    { prompt: 'Which rivers flow through Hungary?', category: 'geography' },
    { prompt: 'Hello there' },
  ];
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  await importIntoPool(db, 'mixed', [path]);
  const categories = async () => (await keptIn('mixed')).map(({ category }) => category);
  expect(await categorisePool(db, 'mixed', { judge: null })).toEqual({
    ...{ rows: 3, own: 1, none: 1 },
    categories: { coding: 1, geography: 1 },
  });
  expect(await categories()).toEqual(['coding', 'geography', null]);
  let calls = 0;
  const judge: PromptJudge<Category> = {
    name: 'test judge of categories',
    read: (text) => CATEGORIES.find((category) => category === text) ?? null,
    ask: ({ id }) => {
      calls += 1;
      return Promise.resolve({ prompt: id, text: 'roleplay', promptTokens: 1, completionTokens: 1 });
    },
  };
  for (let time = 0; time < 2; time++) await categorisePool(db, 'mixed', { judge });
  expect(calls).toBe(2);
  expect(await categories()).toEqual(['roleplay', 'geography', 'roleplay']);
  const prompts = await keptIn('mixed');
  await fillCategories(db, prompts);
  const stored = await loadPrompts(
    db,
    prompts.map(({ id }) => id),
  );
  expect(prompts.map(({ id }) => stored.get(id)?.category)).toEqual(['roleplay', 'geography', 'roleplay']);
  await expect(categorisePool(db, 'none', { judge })).rejects.toThrow(/npx flywheel prompts import/);
});

it('cleaning a pool that is not there says what to do', () =>
  expect(cleanPool(db, 'none', { ...CLEAN_DEFAULTS, language: null })).rejects.toThrow(/npx flywheel prompts import/));
