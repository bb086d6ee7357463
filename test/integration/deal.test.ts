import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { main } from '../../src/cli/main';
import { parseConfig } from '../../src/config/load';
import { dealPrompts, type DealReport } from '../../src/prompts/deal';
import { importIntoPool } from '../../src/prompts/import/import-pool';
import { promptId } from '../../src/prompts/prompt';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { testDatabase } from '../support/postgres';

/** How a run's prompts are dealt into D0, test set, gates and slices, on a real Postgres. */
let server: Awaited<ReturnType<typeof testDatabase>>;
let db: Pool;
const folder = temporaryFolder('deal');

beforeAll(async () => {
  server = await testDatabase();
  db = server.pool;
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('deals a run: D0, tests, gates and slices apart, without what is too near to a test or a benchmark; frozen, and the same again', async () => {
  const rows = (name: string, lines: object[]) => {
    const path = join(folder, name);
    writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    return path;
  };
  const subjects = ['a sailing ship', 'sourdough bread', 'the moons of Jupiter', 'a violin', 'the tax on salt'];
  const own = Array.from({ length: 60 }, (_, at) => `Question ${at * 7919}: what is known about ${subjects[at % 5]}?`);
  const benchmark =
    'Explain step by step how a sailing ship can travel against the wind, and which forces act on its keel.';
  const second = 'And which of these forces grows fastest when the wind rises from a breeze to a full storm at sea?';
  rows(
    'run-a.jsonl',
    own.slice(0, 40).map((prompt) => ({ prompt })),
  );
  rows(
    'run-b.jsonl',
    [...own.slice(40), `${benchmark} Be brief.`, `Dear model: ${second}`].map((prompt) => ({ prompt })),
  );
  rows('run-bench.jsonl', [{ turns: [benchmark, second] }]);
  const d0 = own.slice(0, 4).map((content) => ({
    prompt: [{ role: 'user', content }],
    completion: [{ role: 'assistant', content: 'x' }],
  }));
  rows('run-d0.jsonl', d0);
  const yaml = join(folder, 'run.yaml');
  const write = (decontaminate: string, more = '') =>
    writeFileSync(
      yaml,
      `target: { base: /models/b }
competitors: [{ id: r, url: 'http://127.0.0.1:9/v1', model: m }]
judge: { url: 'http://127.0.0.1:9/v1', model: j }
prompts: { source: ['run-[ab].jsonl'], clusters: 3, ${decontaminate} }
start: { sft: run-d0.jsonl }
evaluation: { size: 6 }
gate: { prompts: 2 }
rounds: 1
${more}`,
    );
  let out = '';
  let err = '';
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true)),
  ];
  const split = async (...options: string[]) => {
    [out, err] = ['', ''];
    const code = await main(['prompts', 'split', yaml, ...options]);
    return code === 0 && options.includes('--json') ? (JSON.parse(out) as DealReport & { split: string }) : code;
  };
  process.env['FLYWHEEL_DATABASE_URL'] = server.url;
  try {
    write('decontaminate: [run-bench.jsonl], contamination: { similarity: 0.97 }');
    const report = join(folder, 'run.md');
    const dealt = (await split('--json', '--report', report)) as DealReport & { split: string };
    expect(dealt.d0).toBe(4);
    expect(dealt.decontaminated).toMatchObject({ tests: 7, lexical: true, embedder: 'lexical-v1' });
    const { dropped = 0 } = dealt.decontaminated ?? {};
    expect(dropped).toBeGreaterThanOrEqual(2);
    expect(dealt.parts).toMatchObject({ test: 6, gate: 8, d0: 4 });
    expect(readFileSync(report, 'utf8')).toContain(second);
    const { rows: stored } = await db.query<{ part: string; text: string }>(
      "select part, messages->0->>'content' as text from splits join prompts on prompts.id = prompt where split = $1",
      [dealt.split],
    );
    expect(new Set(stored.map(({ text }) => text)).size).toBe(stored.length);
    expect(stored.some(({ text }) => text.includes(benchmark) || text.includes(second))).toBe(false);
    expect(stored.filter(({ part }) => part === 'd0').map(({ text }) => text)).toEqual(own.slice(0, 4));
    expect(await split('--json')).toEqual(dealt);

    // The database holds the line, whatever the code does.
    const [inSlice] = (
      await db.query<{ prompt: string }>("select prompt from splits where split = $1 and part = 'slice-1'", [
        dealt.split,
      ])
    ).rows;
    for (const part of ['d0', 'test', 'gate', 'slice-2'])
      await expect(
        db.query('insert into splits (split, prompt, part, position) values ($1, $2, $3, 999)', [
          dealt.split,
          inSlice?.prompt,
          part,
        ]),
      ).rejects.toThrow(/splits_pkey/);
    await expect(
      db.query("insert into splits (split, prompt, part, position) values ('x', $1, 'elsewhere', 1)", [
        inSlice?.prompt,
      ]),
    ).rejects.toThrow(/splits_part/);

    write('decontaminate: [], contamination: { nearest: 5 }');
    expect(await split()).toBe(2);
    expect(err).toMatch(
      /The 5 nearest prompts to each of 6 tests are \d+ of 52 .*more than 10\.0%\. Nothing was dropped/,
    );
    write('decontaminate: [no-such.jsonl]');
    expect(await split()).toBe(2);
    expect(err).toMatch(/no-such\.jsonl: no such file/);
    write('decontaminate: ["none-*.jsonl"]');
    expect(await split()).toBe(2);
    expect(err).toMatch(/No file matches .*none-\*\.jsonl/);
    write('contamination: { nearest: 5, similarity: 0.9 }');
    expect(await split()).toBe(2);
    expect(err).toMatch(/prompts\.contamination: nearest and similarity are two rules/);
    write('sliceSize: 1000');
    expect(await split()).toBe(2);
    expect(err).toMatch(/The pool has 58 prompts, but the run needs 6 to test/);
  } finally {
    delete process.env['FLYWHEEL_DATABASE_URL'];
    spies.forEach((spy) => spy.mockRestore());
    process.exitCode = undefined;
  }
});

it('deals a pool as it deals a file of the same prompts, and stores again only what it plays otherwise', async () => {
  const path = join(folder, 'deal.jsonl');
  const subjects = ['a sailing ship', 'sourdough bread', 'the moons of Jupiter', 'a violin', 'the tax on salt'];
  const content = (at: number) => `Question ${at * 7919}: what is known about ${subjects[at % 5]}?`;
  const rows = Array.from({ length: 120 }, (_, at) =>
    at % 10 ? { prompt: content(at) } : { turns: [content(at), 'And why?'] },
  );
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  await importIntoPool(db, 'deal', [path]);
  const configure = (source: string) =>
    parseConfig({
      ...{ target: { base: '/models/b' }, competitors: [{ id: 'r', url: 'http://127.0.0.1:9/v1', model: 'm' }] },
      ...{
        judge: { url: 'http://127.0.0.1:9/v1', model: 'j' },
        rounds: 1,
        gate: { prompts: 2 },
        evaluation: { size: 6 },
      },
      prompts: { source: [source], clusters: 3, decontaminate: [], contamination: { nearest: 1 } },
    });
  await db.query(`create table tried (id text);
    create function note_prompt() returns trigger language plpgsql as 'begin insert into tried values (new.id); return new; end';
    create trigger note_prompt before insert on prompts for each row execute function note_prompt()`);
  const ofPool = await dealPrompts(db, configure('pool:deal'));
  const { rows: tried } = await db.query<{ id: string }>('select id from tried');
  await db.query('drop trigger note_prompt on prompts');
  const firstTurns = Array.from({ length: 12 }, (_, at) => promptId([{ role: 'user', content: content(at * 10) }]));
  expect(tried.map(({ id }) => id).toSorted()).toEqual(firstTurns.toSorted());

  const ofFile = await dealPrompts(db, configure(path));
  expect(ofPool.report.decontaminated?.dropped).toBeGreaterThan(0);
  const [inPool] = ofPool.report.prompts;
  expect(ofPool.report.prompts).toEqual([{ ...ofFile.report.prompts[0], source: 'pool:deal' }]);
  expect(inPool?.prompts).toBe(120);
  expect(ofPool.split).toBe(ofFile.split);
  expect(ofPool.report.parts).toEqual(ofFile.report.parts);
});
