import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDatasetActivities, type BuiltDatasets, type DatasetRequest } from '../../activities/datasets';
import { fillArena } from '../../bench/data/arena';
import { folderArtifacts } from '../../src/artifacts/artifacts';
import { main } from '../../src/cli/main';
import type { RowMeta } from '../../src/selection/rows';
import { loadDataset } from '../../src/store/artifacts';
import { openStore, type Store } from '../../src/store/open';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { testPostgres, type TestPostgres } from '../support/postgres';

/** Datasets of an arena that stands in Postgres as a run leaves it: six players on thirty prompts. */
let server: TestPostgres;
let store: Store;
const folder = temporaryFolder('datasets');
let out = '';
let err = '';

beforeAll(async () => {
  server = await testPostgres();
  store = await openStore(server.url);
  await fillArena(store.pool, 30, { sft: { threshold: [1] }, dpo: { data: 'round' } });
  process.env['FLYWHEEL_DATABASE_URL'] = server.url;
});

afterAll(async () => {
  delete process.env['FLYWHEEL_DATABASE_URL'];
  await store?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  [out, err] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

async function build(
  round: number,
  stage: 'sft' | 'dpo' | 'ppo',
  earlier: Record<string, string> = {},
): Promise<BuiltDatasets> {
  const { buildDatasets } = createDatasetActivities({ store, artifacts: folderArtifacts(folder) });
  const request: DatasetRequest = {
    run: 'r',
    place: { round, stage, attempt: 1 },
    target: { label: 'I0', checkpoint: 'c' },
    arenas: ['r/a'],
    earlier,
  };
  return new MockActivityEnvironment().run<[DatasetRequest], BuiltDatasets, typeof buildDatasets>(
    buildDatasets,
    request,
  );
}

async function linesOf(id: string): Promise<string[]> {
  const dataset = await loadDataset(store.pool, id);
  return readFileSync(dataset?.path ?? '', 'utf8')
    .trim()
    .split('\n');
}
const metaOf = (line: string) => (JSON.parse(line) as { meta: RowMeta }).meta;

it('puts new rows behind those of earlier rounds, or stands alone where the setting says so', async () => {
  const first = await build(1, 'sft');
  const second = await build(2, 'sft', first.datasets);
  const [before, after] = [await linesOf('r/r1-sft-a1/sft'), await linesOf('r/r2-sft-a1/sft')];
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length).map((line) => metaOf(line).round)).toEqual(before.map(() => 2));
  expect(second.rows).toBe(2 * first.rows);
  expect(second.counts).toMatchObject({ newRows: first.rows });

  const pairs = await build(1, 'dpo');
  const alone = await build(2, 'dpo', pairs.datasets);
  expect((await linesOf('r/r2-dpo-a1/dpo')).map((line) => metaOf(line).round)).toEqual(
    Array.from({ length: alone.rows }, () => 2),
  );
  const { settings } = (await loadDataset(store.pool, 'r/r2-dpo-a1/dpo')) ?? {};
  expect(settings).toMatchObject({ earlier: null });
});

it('writes a card with counts, settings, lengths, the effect of length and the share of unfit answers, in every mode', () => {
  const card = JSON.parse(readFileSync(join(folder, 'r', 'r2-sft-a1', 'sft.card.json'), 'utf8')) as object;
  expect(card).toMatchObject({
    kind: 'sft',
    rounds: { 1: expect.any(Number) as number, 2: expect.any(Number) as number },
    settings: { selection: { lengthGuard: 'off' }, threshold: 1, earlier: 'r/r1-sft-a1/sft' },
    answers: { answers: 180, truncated: 0, refusal: 0 },
    meanTokens: { prompt: expect.any(Number) as number, chosen: expect.any(Number) as number },
    lengthEffect: { battles: 450, beta: expect.any(Number) as number },
  });
  expect(Object.keys((card as { chosen: object }).chosen).every((name) => /^model-\d$/.test(name))).toBe(true);
  const text = readFileSync(join(folder, 'r', 'r1-dpo-a1', 'dpo.card.md'), 'utf8');
  expect(text).toMatch(/Mean tokens .* chosen \d+\.\d, rejected \d+\.\d/);
  expect(text).toMatch(/gains -?\d+\.\d\d judge points .*95% interval/);
  expect(text).toContain('Of 180 answers in these groups 0.0% were cut by length');
});

it('shows rows by pages, traces them to their place in a file, and exports them', async () => {
  const lines = await linesOf('r/r1-dpo-a1/dpo');
  expect(await main(['data', 'show', 'r/r1-dpo-a1/dpo', '--from', '2', '--rows', '2'])).toBe(0);
  expect(out.match(/r\/r1-dpo-a1\/dpo#\d+ of \d+/g)).toEqual(
    [2, 3].map((n) => `r/r1-dpo-a1/dpo#${n} of ${lines.length}`),
  );
  expect(out).toMatch(/chosen: model-\d.*rejected: model-\d/);

  // Where the prompt came from, as an import notes it.
  const { prompt } = metaOf(lines[1] ?? '');
  await store.pool.query(
    `insert into pool_files (pool, sha256, number, name, counts) values ('chats', 'x', 1, 'raw/chats.jsonl.gz', '{}');
     insert into pool_prompts (pool, prompt, file, line, licence) values ('chats', '${prompt}', 1, 812, 'cc-by-4.0')`,
  );
  out = '';
  expect(await main(['data', 'trace', 'r/r1-dpo-a1/dpo#2'])).toBe(0);
  expect(out).toContain('pool chats: raw/chats.jsonl.gz:812, cc-by-4.0');
  expect(out).toMatch(/Battle r\/a#\d+: model-\d against model-\d/);
  out = '';
  expect(await main(['data', 'trace', prompt, '--run', 'r', '--json'])).toBe(0);
  const { rows } = JSON.parse(out) as { rows: { row: string }[] };
  expect(rows.map(({ row }) => row)).toContain('r/r1-dpo-a1/dpo#2');

  for (const form of ['trl', 'openai', 'llama-factory', 'openrlhf', 'parquet']) {
    out = '';
    const file = join(folder, `pairs.${form}`);
    expect(await main(['export', 'r/r1-dpo-a1/dpo', '--form', form, '--out', file, '--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ rows: lines.length });
  }
});

it('refuses what is not there, and a file that is not what was written, in a sentence with exit code 2', async () => {
  const refused = async (sentence: RegExp, ...args: string[]) => {
    err = '';
    expect([args, await main(args)]).toEqual([args, 2]);
    expect(err).toMatch(sentence);
    expect(err).not.toMatch(/\n\s+at /);
  };
  await refused(/There is no dataset nobody/, 'data', 'show', 'nobody');
  await refused(/there is no row 9999/, 'data', 'show', 'r/r1-sft-a1/sft', '--from', '9999');
  await refused(/there is no row 9999/, 'data', 'trace', 'r/r1-sft-a1/sft#9999');
  await refused(/--run RUN/, 'data', 'trace', 'abc');
  await refused(/No prompt, or more than one/, 'data', 'trace', 'zzzz', '--run', 'r');
  const ppo = await build(1, 'ppo');
  await refused(
    /openai has no place for prompts/,
    'export',
    ppo.datasets['ppo'] ?? '',
    '--form',
    'openai',
    '--out',
    join(folder, 'no'),
  );
  const { path = '' } = (await loadDataset(store.pool, 'r/r1-sft-a1/sft')) ?? {};
  writeFileSync(path, `${readFileSync(path, 'utf8')}\n`);
  await refused(/is not what was written \(sha256 differs\)/, 'data', 'show', 'r/r1-sft-a1/sft');
  rmSync(path);
  await refused(/cannot be read here/, 'export', 'r/r1-sft-a1/sft', '--out', join(folder, 'no'));
});
