import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { folderArtifacts } from '../../src/artifacts/artifacts';
import type { ConfigInput } from '../../src/config/schema';
import { repositoryRoot } from '../../src/embedded/paths';
import { sha256 } from '../../src/identity';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import type { RowMeta } from '../../src/selection/rows';
import { datasetsOf, checkpointsOf } from '../../src/store/artifacts';
import { tracePromptIn, traceRow } from '../../src/lineage/trace';
import { eventsOf } from '../../src/store/events';
import { spendOf } from '../../src/store/ledger';
import { gatesOf, leaderboardsOf } from '../../src/store/results';
import { startWorker, type RunningWorker } from '../../src/worker';
import { progressQuery, updates } from '../../workflows/messages';
import type { FlywheelInput } from '../../workflows/types';
import { boughtTwice, total } from '../support/calls';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, tinyConfig, trainTinyBase, writePrompts } from '../support/tiny';
import { until } from '../support/until';

/** One flywheel, as small as can be: real Temporal, real Postgres, real training of a tiny real model, scripted players. */
let servers: TestServers;
let sandbox: Sandbox;
let worker: RunningWorker;
let config: ConfigInput;
let test: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  servers = await testServers('run');
  sandbox = await startSandbox();
  const { home } = servers.paths;
  test = writePrompts(join(home, 'test.jsonl'), 12, 'test');
  const pool = writePrompts(join(home, 'pool.jsonl'), 3 * 16 + 4 * 10, 'train');
  config = tinyConfig({ base: await trainTinyBase(join(home, 'base')), pool, test });
  worker = await startWorker({
    ...servers,
    defaults: { config: () => Promise.resolve(config), folder: home },
    sandbox: sandbox.url,
  });
});

afterAll(async () => {
  await worker?.stop();
  await sandbox?.close();
  await servers?.stop();
});

const start = (workflowId: string, input: FlywheelInput, type = 'flywheel') =>
  servers.client.workflow.start(type, { workflowId, taskQueue: 'flywheel', args: [input] });

describe('a run started with {}', () => {
  const run = 'whole';
  let callsBefore = 0;

  it('plays, trains, gates and rates a round, paused and resumed on the way', async () => {
    callsBefore = total(sandbox.stats().calls);
    const handle = await start(run, {});
    const progress = () => handle.query(progressQuery);

    await until(progress, ({ stage, step }) => stage === 'sft' && step.startsWith('playing'));
    await expect(handle.executeUpdate(updates.resume, { args: [undefined] })).rejects.toThrow();
    expect(await handle.executeUpdate(updates.pause, { args: [undefined] })).toContain('nothing new starts');
    await until(progress, ({ status }) => status === 'paused');
    // Drained: no batch is in flight any more.
    await until(
      async () => (await handle.describe()).raw.pendingActivities?.length ?? 0,
      (pending) => pending === 0,
    );
    const atPause = total(sandbox.stats().calls);
    await sleep(1500);
    expect(total(sandbox.stats().calls)).toBe(atPause);
    expect(await handle.executeUpdate(updates.resume, { args: [undefined] })).toBe('Resumed.');

    await until(progress, ({ step }) => step.startsWith('train dpo'));
    expect(await handle.executeUpdate(updates.pause, { args: [{ mode: 'now', reason: 'test' }] })).toContain(
      'Paused now',
    );
    await until(progress, ({ status }) => status === 'paused');
    await handle.executeUpdate(updates.resume, { args: [undefined] });

    expect(await handle.result()).toMatchObject({ run, rounds: 1 });
  });

  it('bought each call once and billed each', async () => {
    const { calls, repeated } = sandbox.stats();
    expect(total(repeated)).toBe(0);
    const spend = await spendOf(servers.pool, run);
    const { rows } = await servers.pool.query<{ n: number; canaries: number }>(
      `select count(*)::int as n, count(*) filter (where purpose = 'canary')::int as canaries from ledger
        where run = $1 and (purpose = 'canary' or party in (select id from players where name ~ '^(I0|r1)'))`,
      [run],
    );
    expect(rows[0]?.canaries).toBe(4);
    expect(spend.calls - (rows[0]?.n ?? 0)).toBe(total(calls) - callsBefore);
    expect(spend.failedCalls).toBe(0);
    expect(spend.usd).toBeGreaterThan(0);
  });

  it('left every battle with two games and an outcome', async () => {
    const { rows } = await servers.pool.query(
      `select count(*)::int as battles, count(outcome)::int as outcomes, count(*) filter (where outcome = 'failed')::int as failed,
              sum((select count(*) from games where games.judge = arenas.judge and games.prompt = battles.prompt
                    and ((first = player_a and second = player_b) or (first = player_b and second = player_a))))::int as games
         from battles join arenas on arenas.id = arena where arenas.run = $1`,
      [run],
    );
    const { battles, outcomes, failed, games } = rows[0] as Record<string, number>;
    expect({ outcomes, failed, games }).toEqual({ outcomes: battles, failed: 0, games: 2 * (battles ?? 0) });
  });

  it('wrote datasets whose rows name the battles that made them', async () => {
    const datasets = await datasetsOf(servers.pool, run);
    expect(datasets.map(({ kind }) => kind).sort()).toEqual(['dpo', 'ppo', 'reward', 'sft']);
    for (const { path, sha256: hash, rows, kind } of datasets) {
      const text = readFileSync(path, 'utf8');
      expect(sha256(text)).toBe(hash);
      const metas = text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { meta: RowMeta }).meta);
      expect(metas).toHaveLength(rows);
      if (kind === 'ppo') continue;
      for (const { battles, prompt } of metas) {
        const [arena, position] = (battles[0] ?? '').split('#');
        const found = await servers.pool.query(
          'select prompt, outcome from battles where arena = $1 and position = $2',
          [arena, position],
        );
        expect(found.rows[0]).toMatchObject({ prompt, outcome: expect.stringMatching(/^(win|loss)$/) as string });
      }
    }
  });

  it('traces a row back to its judge texts and source, and the prompt forward to its rows', async () => {
    const artifacts = folderArtifacts(servers.paths.artifacts);
    const trace = await traceRow(servers.pool, `${run}/r1-sft-a1/sft`, 1, artifacts);
    expect(trace).toMatchObject({
      kind: 'sft',
      madeIn: { run, round: 1, stage: 'sft' },
      prompt: { source: expect.stringContaining('pool.jsonl') as string },
    });
    expect(trace.gap).toBeGreaterThan(0);
    expect(new Set(trace.answers.map(({ player }) => player))).toEqual(new Set([trace.chosen, trace.rejected]));
    const [battle] = trace.battles;
    expect(new Set([battle?.a, battle?.b])).toEqual(new Set([trace.chosen, trace.rejected]));
    expect(battle?.games.map(({ first, second }) => [first, second])).toEqual([
      [battle?.a, battle?.b],
      [battle?.b, battle?.a],
    ]);
    for (const { text, scoreFirst } of battle?.games ?? []) expect(text).toContain(`Score A: ${scoreFirst}`);
    const forward = await tracePromptIn(servers.pool, run, trace.prompt.id.slice(0, 12), artifacts);
    expect(forward.rows.map(({ row }) => row)).toContain(`${run}/r1-sft-a1/sft#1`);
    expect(forward.battles.map((one) => one.battle)).toContain(battle?.battle);
    expect(forward.unread).toEqual([]);
    await expect(traceRow(servers.pool, `${run}/r1-sft-a1/sft`, 999, artifacts)).rejects.toThrow(/there is no row 999/);
    await expect(tracePromptIn(servers.pool, run, '', artifacts)).rejects.toThrow(/more than one/);
  });

  it('kept the tree of checkpoints, the gates and a leaderboard for each evaluation', async () => {
    const checkpoints = await checkpointsOf(servers.pool, run);
    const parents = Object.fromEntries(checkpoints.map(({ id, parent }) => [id, parent]));
    expect(Object.keys(parents).sort()).toEqual([
      'whole/I0',
      'whole/r1-dpo-a1',
      'whole/r1-ppo-a1',
      'whole/r1-reward-a1',
      'whole/r1-sft-a1',
    ]);
    expect(parents['whole/r1-sft-a1']).toBe('whole/I0');
    for (const { id, status } of checkpoints)
      expect([id, ['promoted', 'rejected'].includes(status)]).toEqual([id, true]);
    const gates = await gatesOf(servers.pool, run);
    expect(gates.filter(({ stage }) => stage !== 'round').map(({ stage, prompts }) => [stage, prompts])).toEqual([
      ['sft', 10],
      ['dpo', 10],
      ['ppo', 10],
    ]);
    expect((await leaderboardsOf(servers.pool, run)).map(({ label }) => label)).toEqual([
      'I0',
      'r1-sft-a1',
      'r1-dpo-a1',
      'r1-ppo-a1',
    ]);
    expect((await eventsOf(servers.pool, run))[0]?.kind).toBe('started');
  });

  it('replays with the code of today', async () => {
    const history = await servers.client.workflow.getHandle(run).fetchHistory();
    await Worker.runReplayHistory({ workflowsPath: join(repositoryRoot(), 'workflows', 'index.ts') }, history, run);
  });
});

describe('a rollback', () => {
  it('starts the stage anew, marks the abandoned checkpoint, and buys no stored game again', async () => {
    const run = 'back';
    const handle = await start(run, {
      // Waits behind its stage for whoever rolls it back.
      config: {
        ...config,
        seed: 1,
        stages: ['sft'],
        prompts: { ...config.prompts, sliceSize: 8 },
        pauseAfter: 'stage',
      },
    });
    const pausedAfter = (step: string) =>
      until(
        () => handle.query(progressQuery),
        ({ status, steps }) => status === 'paused' && steps.some(({ label }) => label === step),
      );
    const resume = () => handle.executeUpdate(updates.resume, { args: [undefined] });
    await pausedAfter('r1-sft-a1');
    expect(await handle.executeUpdate(updates.rollback, { args: [{ round: 1, stage: 'sft' }] })).toBe(
      'Rolled back to round 1, sft; 1 checkpoint superseded.',
    );
    await resume();
    await pausedAfter('r1-sft-a2');
    await resume();
    await handle.result();
    const checkpoints = await checkpointsOf(servers.pool, run);
    expect(checkpoints.find(({ id }) => id === 'back/r1-sft-a1')?.status).toBe('superseded');
    expect(checkpoints.map(({ id }) => id)).toContain('back/r1-sft-a2');
    expect(await boughtTwice(sandbox, servers.pool)).toBeLessThanOrEqual(0);
  });
});

describe('an arena alone', () => {
  it('rates players without a target', async () => {
    const players = {
      name: 'board',
      competitors: [sandboxPlayer('poet'), sandboxPlayer('clerk')],
      judge: sandboxJudge('data-judge'),
    };
    const input = {
      config: {
        ...players,
        prompts: { source: [test] },
        evaluation: { testSet: [test], size: 12, bootstrapRounds: 100 },
      },
    };
    const { leaderboard } = (await (await start('board', input, 'arena')).result()) as {
      leaderboard: { player: string }[];
    };
    expect(leaderboard.map(({ player }) => player).sort()).toEqual(['clerk', 'poet']);
  });
});

describe('a bad configuration fails the run in one readable sentence', () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      'a misspelt key',
      () => ({ ...config, compettitors: [] }),
      /compettitors: no such setting; did you mean "competitors"/,
    ],
    [
      'an endpoint that is down',
      () => ({ ...config, judge: { ...sandboxJudge('data-judge'), url: 'http://127.0.0.1:9/v1' } }),
      /judge: nobody answers at http:\/\/127\.0\.0\.1:9\/v1/,
    ],
    [
      'a key that is not set',
      () => ({ ...config, judge: { ...sandboxJudge('data-judge'), key: 'env:NO_SUCH_KEY' } }),
      /environment variable NO_SUCH_KEY is not set/,
    ],
    [
      'a base without a tokenizer',
      () => ({ ...config, target: { ...config.target, base: repositoryRoot() } }),
      /has no configuration|has no tokenizer/,
    ],
    [
      'too few prompts',
      () => ({ ...config, prompts: { ...config.prompts, sliceSize: 1000 } }),
      /The pool has \d+ prompts, but the run needs/,
    ],
  ];
  it.each(cases)('%s', async (name, bad, sentence) => {
    const handle = await start(`bad-${name}`, { config: bad() });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringMatching(sentence) as string },
    });
  });
});
