import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RatedModel } from '../../src/arena/types';
import type { ConfigInput } from '../../src/config/schema';
import { main } from '../../src/cli/main';
import { repositoryRoot } from '../../src/embedded/paths';
import type { Report } from '../../src/report/document';
import { readReport } from '../../src/report/read';
import { loadRun } from '../../src/store/runs';
import type { ModelName } from '../../src/sandbox/models';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { startWorker, type RunningWorker } from '../../src/worker';
import { progressQuery, updates } from '../../workflows/messages';
import type { RatedPlayer } from '../../workflows/types';
import { boughtTwice, total } from '../support/calls';
import { endFaults, orderFaults } from '../support/faults';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { until } from '../support/until';

/** An arena alone: real Temporal, real Postgres, scripted players and judges. */
let servers: TestServers;
let sandbox: Sandbox;
let worker: RunningWorker;
let prompts: string;

const PROMPTS = 40;
const PLAYERS = ['scholar', 'tutor', 'poet', 'echo'] as const;

beforeAll(async () => {
  servers = await testServers('arena');
  sandbox = await startSandbox();
  prompts = writePrompts(join(servers.paths.home, 'prompts.jsonl'), PROMPTS, 'test');
  worker = await startWorker({ ...servers, sandbox: sandbox.url });
  process.env['FLYWHEEL_DATABASE_URL'] = servers.databaseUrl;
  process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
});

afterAll(async () => {
  delete process.env['FLYWHEEL_DATABASE_URL'];
  delete process.env['TEMPORAL_ADDRESS'];
  await worker?.stop();
  await sandbox?.close();
  await servers?.stop();
});

/** Competitors, judge and prompts are all that an arena needs; the second judge and the small batches are for what is tested. */
const configOf = (players: readonly (typeof PLAYERS)[number][]): ConfigInput => ({
  name: 'board',
  competitors: players.map((name) => sandboxPlayer(name)),
  judge: sandboxJudge('data-judge'),
  prompts: { source: [prompts] },
});
const twoJudges = (config: ConfigInput): ConfigInput => ({
  ...config,
  evaluation: { judge: sandboxJudge('evaluation-judge'), dataJudge: true, bootstrapRounds: 200 },
  arena: { batch: 12, window: 2 },
});
/** The judge's first call behind the first two batches of `twoJudges`. */
const AFTER_A_WINDOW = 2 * 2 * 12 + 1;

const start = (workflowId: string, config: unknown) =>
  servers.client.workflow.start('arena', { workflowId, taskQueue: 'flywheel', args: [{ config }] });

type Handle = Awaited<ReturnType<typeof start>>;

const leaderboardOf = async (handle: Handle): Promise<string[]> =>
  ((await handle.result()) as { leaderboard: RatedPlayer[] }).leaderboard.map(({ player }) => player);

async function reportOf(id: string): Promise<Report> {
  const run = await loadRun(servers.pool, id);
  const report = run && (await readReport(servers.pool, run));
  if (!report) throw new Error(`${id} has no report`);
  return report;
}

const callsSoFar = () => total(sandbox.stats().calls);

/**
 * While `act` is under way, each call of these models takes a second from its nth one on: what is to meet an arena on its way does so on
 * a slow machine, too.
 */
async function whileSlow(nth: number, models: readonly ModelName[], act: () => Promise<unknown>): Promise<void> {
  const slow = { kind: 'slow', seconds: 1, times: Number.MAX_SAFE_INTEGER };
  await orderFaults(
    sandbox,
    models.map((model) => ({ ...slow, match: { model, nth } })),
  );
  try {
    await act();
  } finally {
    await endFaults(sandbox);
  }
}

describe('an arena of four scripted players', () => {
  it('pauses, resumes, refuses a rollback, and rates them as they were scripted', async () => {
    const handle = await start('board', twoJudges(configOf(PLAYERS)));
    const progress = () => handle.query(progressQuery);
    await whileSlow(AFTER_A_WINDOW, ['evaluation-judge'], async () => {
      await until(progress, ({ done }) => done > 0);
      await handle.executeUpdate(updates.pause, { args: [{ reason: 'a test' }] });
    });
    await until(
      async () => (await handle.describe()).raw.pendingActivities?.length ?? 0,
      (pending) => pending === 0,
    );
    const atPause = callsSoFar();
    const { status, done, total: battles } = await progress();
    expect({ status, battles }).toEqual({ status: 'paused', battles: 6 * PROMPTS });
    expect(done).toBeLessThan(battles);
    await sleep(500);
    expect(callsSoFar()).toBe(atPause);
    await expect(handle.executeUpdate(updates.rollback, { args: [{ round: 1 }] })).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/0 rounds|no rounds/) as string },
    });
    expect(await handle.executeUpdate(updates.setBudget, { args: [{ usd: 50 }] })).toContain('$50.00');
    expect(await handle.executeUpdate(updates.resume, { args: [undefined] })).toBe('Resumed.');

    expect(await leaderboardOf(handle)).toEqual(['scholar', 'tutor', 'poet', 'echo']);
    expect(total(sandbox.stats().repeated)).toBe(0);
    const { searchAttributes } = await handle.describe();
    expect(searchAttributes['FlywheelModel']).toEqual(['scholar']);
  });

  it('buys nothing when its closed id is started again', async () => {
    const before = callsSoFar();
    expect(await leaderboardOf(await start('board', twoJudges(configOf(PLAYERS))))).toHaveLength(4);
    expect(callsSoFar()).toBe(before);
  });

  it('lets a new arena reuse what an earlier one has stored, and buy only what is new', async () => {
    expect(await leaderboardOf(await start('two', configOf(['scholar', 'poet'])))).toEqual(['scholar', 'poet']);
    // The same data judge has seen these two on these prompts already.
    expect((await reportOf('two')).spend).toEqual([]);

    await leaderboardOf(
      await start('three', {
        ...configOf(['scholar', 'poet']),
        competitors: [...(['scholar', 'poet', 'coder'] as const)].map((name) => sandboxPlayer(name)),
      }),
    );
    const { spend } = await reportOf('three');
    expect(spend.map(({ name, calls }) => [name, calls])).toEqual([
      ['data-judge', 2 * 2 * PROMPTS],
      ['coder', PROMPTS],
    ]);
  });

  it('plays on a pool of the database, and notes what it was', async () => {
    expect(await main(['prompts', 'import', prompts, '--pool', 'board', '--json'])).toBe(0);
    const pooled = { ...configOf(['scholar', 'poet']), prompts: { source: ['pool:board'], clusters: 5 } };
    expect(await leaderboardOf(await start('pooled', pooled))).toEqual(['scholar', 'poet']);
    const { rows } = await servers.pool.query<{ detail: unknown }>(
      "select detail from events where run = 'pooled' and kind = 'started'",
    );
    expect(rows[0]?.detail).toMatchObject({
      prompts: [{ source: 'pool:board', prompts: PROMPTS }],
      clusters: Array.from({ length: 5 }, () => ({ words: expect.any(Array) as unknown })),
    });
    const clustered = await servers.pool.query<{ cluster: number }>(
      "select distinct cluster from splits where split = (select split from runs where id = 'pooled') order by cluster",
    );
    expect(clustered.rows.map(({ cluster }) => cluster)).toEqual([0, 1, 2, 3, 4]);
  });

  it('plays fewer battles where it may, in whole prompts, and comes to the same order', async () => {
    const many = writePrompts(join(servers.paths.home, 'many.jsonl'), 120, 'train');
    const config: ConfigInput = {
      ...configOf(PLAYERS),
      prompts: { source: [many] },
      evaluation: { matchmaking: 'adaptive', adaptive: { looks: 4 }, bootstrapRounds: 200 },
      // A batch that is no multiple of a prompt's battles.
      arena: { batch: 7, window: 4 },
    };
    expect(await leaderboardOf(await start('adaptive', config))).toEqual(['scholar', 'tutor', 'poet', 'echo']);
    expect(total(sandbox.stats().repeated)).toBe(0);
    const read = () =>
      servers.pool.query<{ pair: string; battles: number; weight: number; resting: number; unplayed: number }>(
        `select player_a || player_b as pair, count(*)::int as battles, sum(weight)::float8 as weight,
                count(*) filter (where weight > 1)::int as resting, count(*) filter (where outcome is null)::int as unplayed
           from battles where arena like 'adaptive/%' group by 1`,
      );
    const { rows } = await read();
    expect(rows).toHaveLength(6);
    expect(rows.filter(({ resting }) => resting > 0).length).toBeGreaterThan(2);
    for (const { battles, weight, unplayed } of rows) {
      expect(battles).toBeGreaterThanOrEqual(20);
      expect(unplayed).toBe(0);
      // What a resting pair left out is made up for by weight, or it stopped with the last pair that was open.
      expect(weight).toBeLessThanOrEqual(125);
    }
    expect(rows.reduce((sum, { battles }) => sum + battles, 0)).toBeLessThan(6 * 120);
    const before = callsSoFar();
    await leaderboardOf(await start('adaptive', config));
    expect(callsSoFar()).toBe(before);
    expect((await read()).rows).toEqual(rows);
  });

  it('asks only the judge where the answers are recorded', async () => {
    const { rows } = await servers.pool.query<{ name: string; text: string; prompt: string }>(
      `select players.name, answers.text, prompts.messages->0->>'content' as prompt
         from answers join players on players.id = player join prompts on prompts.id = answers.prompt
        where players.name in ('scholar', 'echo')`,
    );
    const competitors = ['scholar', 'echo'].map((name) => {
      const answers = join(servers.paths.home, `${name}.jsonl`);
      const lines = rows
        .filter((row) => row.name === name)
        .map(({ prompt, text }) => JSON.stringify({ prompt, answer: text }));
      writeFileSync(answers, `${lines.join('\n')}\n`);
      return { id: `recorded-${name}`, answers };
    });
    const config = { competitors, judge: sandboxJudge('data-judge'), prompts: { source: [prompts] } };
    expect(await leaderboardOf(await start('recorded', config))).toEqual(['recorded-scholar', 'recorded-echo']);
    const { spend } = await reportOf('recorded');
    expect(spend.map(({ role, calls }) => [role, calls])).toEqual([['judge', 2 * PROMPTS]]);
  });

  it('in phases asks one player after the other and the judge last, also across a cancel', async () => {
    const { competitors, ...config } = configOf(['scholar', 'tutor', 'poet']);
    const phased = {
      ...config,
      competitors: competitors.map((one) => ({ ...one, sampling: { temperature: 0.5 } })),
      arena: { order: 'phased', batch: 12, window: 2 },
    };
    const handle = await start('phased', phased);
    // A batch asks for four answers of a player.
    await whileSlow(2 * 4 + 1, ['tutor', 'data-judge'], async () => {
      await until(
        () => handle.query(progressQuery),
        ({ step, done }) => step.includes('answers of tutor') && done > 0,
      );
      await handle.cancel();
    });
    await expect(handle.result()).rejects.toThrow();
    expect(await leaderboardOf(await start('phased', phased))).toEqual(['scholar', 'tutor', 'poet']);
    const { rows } = await servers.pool.query<{ name: string }>(
      `select coalesce(players.name, judges.name) as name from ledger
         left join players on players.id = party left join judges on judges.id = party where run = 'phased' order by ledger.id`,
    );
    const turns = rows.map(({ name }) => name).filter((name, at, all) => name !== all[at - 1]);
    expect(turns).toEqual(['scholar', 'tutor', 'poet', 'data-judge']);
    // Three answers and six games on each prompt; a call that the cancel met may stand there once more.
    expect(rows.length).toBeGreaterThanOrEqual(9 * PROMPTS);
    expect(await boughtTwice(sandbox, servers.pool)).toBeLessThanOrEqual(0);
  });

  it.each(['answers', 'games'])(
    'plays a battle again whose %s the database refused once: that is no outcome',
    async (table) => {
      // What a sequence has counted stays counted when the statement fails.
      await servers.pool.query(
        `create sequence refused;
       create function refuse_once() returns trigger language plpgsql as $$
         begin if nextval('refused') = 1 then raise exception 'the disk had a bad moment'; end if; return null; end $$;
       create trigger refuse_once after insert on ${table} for each statement execute function refuse_once()`,
      );
      try {
        const { competitors, ...config } = configOf(['scholar', 'poet']);
        const colder = {
          ...config,
          competitors: competitors.map((one) => ({ ...one, sampling: { temperature: table === 'games' ? 0.2 : 0.3 } })),
        };
        expect(await leaderboardOf(await start(`refused-${table}`, colder))).toEqual(['scholar', 'poet']);
        const { rows } = await servers.pool.query<{ failed: number; seen: string }>(
          `select (select last_value from refused) as seen, count(*) filter (where outcome is null or outcome = 'failed')::int as failed
           from battles join arenas on arenas.id = arena where run = $1`,
          [`refused-${table}`],
        );
        expect(rows[0]?.failed).toBe(0);
        expect(Number(rows[0]?.seen)).toBeGreaterThan(1);
      } finally {
        await servers.pool.query(
          `drop trigger refuse_once on ${table}; drop function refuse_once; drop sequence refused`,
        );
      }
    },
  );

  it('is kept when it is cancelled, and goes on from there', async () => {
    // Answers are sampled anew under another temperature, so that there is something to play.
    const { competitors, ...config } = twoJudges(configOf(PLAYERS));
    const warmer = { ...config, competitors: competitors.map((one) => ({ ...one, sampling: { temperature: 0.9 } })) };
    const handle = await start('cancelled', warmer);
    await whileSlow(AFTER_A_WINDOW, ['evaluation-judge'], async () => {
      await until(
        () => handle.query(progressQuery),
        ({ done }) => done > 0,
      );
      await handle.cancel();
    });
    await expect(handle.result()).rejects.toThrow();
    expect((await loadRun(servers.pool, 'cancelled'))?.status).toBe('cancelled');
    expect(await leaderboardOf(await start('cancelled', warmer))).toHaveLength(4);
    expect((await loadRun(servers.pool, 'cancelled'))?.status).toBe('done');
  });
});

describe('on the command line', () => {
  let out = '';
  let err = '';
  beforeEach(() => {
    [out, err] = ['', ''];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
  });

  it('runs the example, a file of three settings, and prints its leaderboard', async () => {
    const file = join(repositoryRoot(), 'examples', 'arena', 'arena.yaml');
    expect(await main(['arena', 'run', file])).toBe(0);
    expect(out).toMatch(/scholar +\d+ \(/);
    expect(out).toContain('npx flywheel report example-arena');
  });

  it('writes the report of the arena', async () => {
    const folder = join(servers.paths.home, 'report');
    mkdirSync(folder);
    expect(await main(['report', 'board', '--out', folder, '--json'])).toBe(0);
    expect(readdirSync(folder).sort()).toEqual([
      'judges.svg',
      'outcomes.svg',
      'ratings.svg',
      'report.html',
      'report.json',
      'report.md',
      'win-rates.svg',
    ]);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
    expect((JSON.parse(out) as { report: unknown }).report).toEqual(report);
    expect(report.pairs).toHaveLength(6);
    for (const { battles } of report.pairs) expect(battles).toBe(PROMPTS);
    expect(report.pairs[0]).toMatchObject({ a: 'scholar' });
    // Wins of the table are sums over games of half weight, and so are the win rates of the pairs.
    const scholar = report.table.models[0];
    const points = report.pairs
      .filter(({ a }) => a === 'scholar')
      .reduce((sum, { winRate, battles }) => sum + (winRate ?? 0) * battles, 0);
    expect((scholar?.wins ?? 0) + (scholar?.ties ?? 0) / 2).toBeCloseTo(points, 6);
    expect(report.judges.map(({ judge, role, battles }) => [judge, role, battles])).toEqual([
      ['evaluation-judge', 'evaluation', 6 * PROMPTS],
      ['data-judge', 'data', 6 * PROMPTS],
    ]);
    expect(report.agreement).toMatchObject({ battles: 6 * PROMPTS });
    expect(report.agreement?.share).toBeGreaterThan(0.5);
    const ledger = report.spend.reduce((sum, { calls }) => sum + calls, 0);
    expect(ledger).toBe(4 * PROMPTS + 2 * 2 * 6 * PROMPTS);
  });

  it('rates by one category of prompts alone, and at equal style', async () => {
    expect(await main(['leaderboard', 'board', '--category', 'math', '--json'])).toBe(0);
    const { models, category } = JSON.parse(out) as { models: RatedModel[]; category: string };
    expect(category).toBe('math');
    // All 40 prompts would be 120 battles of each player.
    for (const { battles } of models) expect(battles).toBe(3 * PROMPTS * (1 / 5));

    out = '';
    expect(await main(['leaderboard', 'board', '--with-style', '--format', 'csv'])).toBe(0);
    expect(out).toMatch(/^model,rating,lower,upper,se,plain_rating\n/);
    expect(out.trim().split('\n')).toHaveLength(1 + PLAYERS.length);
  });

  it('says that a run which is not there has no report, and which categories there are', async () => {
    expect(await main(['report', 'nobody'])).toBe(1);
    expect(await main(['leaderboard', 'board', '--category', 'chess'])).toBe(2);
    expect(err).toContain('There is no run nobody');
    expect(err).toContain('Its prompts have: coding, extraction, math, planning, writing');
  });
});
