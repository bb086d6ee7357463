import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { ConfigInput } from '../../src/config/schema';
import { main } from '../../src/cli/main';
import { leaderboardSchema } from '../../src/dashboard/schemas/leaderboard';
import { progressSchema, runSchema } from '../../src/dashboard/schemas/runs';
import { startDashboard } from '../../src/dashboard/server';
import { readJson } from '../../src/files';
import type { Sandbox } from '../../src/sandbox/server';
import type { RowMeta } from '../../src/selection/rows';
import { checkpointsOf, datasetsOf } from '../../src/store/artifacts';
import { spendOf } from '../../src/store/ledger';
import { gatesOf, leaderboardsOf } from '../../src/store/results';
import { configVersions } from '../../src/store/run-configs';
import { loadRun } from '../../src/store/runs';
import type { Job } from '../../src/training/job';
import { signals } from '../../workflows/messages';
import type { FlywheelState, Progress } from '../../workflows/types';
import {
  attention,
  finished,
  operatedRuns,
  paused,
  progress,
  refusal,
  send,
  when,
  type OperatedRuns,
} from '../support/operated';
import type { TestServers } from '../support/servers';
import { until } from '../support/until';

/**
 * What operators do, against real Temporal and Postgres. Players, judges and the trainer are scripted behind their real
 * contracts, so that a round lasts seconds; real training under control is in run.test.ts.
 */
let runs: OperatedRuns;
let servers: TestServers;
let sandbox: Sandbox;
let config: ConfigInput;

beforeAll(async () => {
  runs = await operatedRuns('control');
  ({ servers, sandbox, config } = runs);
});

afterAll(() => runs?.stop());

const start: OperatedRuns['start'] = (...given) => runs.start(...given);
const actions: OperatedRuns['actions'] = (run) => runs.actions(run);
const fault: OperatedRuns['fault'] = (...given) => runs.fault(...given);
const noFaults = () => runs.noFaults();
/** What the judge of evaluations is asked in a gate, both ways round. */
const gateGames = () => 2 * (config.gate?.prompts ?? 0);
const training = ({ step }: Progress) => step.startsWith('train sft');
/**
 * Lets a run go on until its stage is finished under this label, and the round's end is under way, which comes to no end: its judge
 * hangs from the first game behind the stage's gate on.
 */
async function untilRoundEnds(label: string, go: () => Promise<WorkflowHandle>): Promise<WorkflowHandle> {
  await noFaults();
  const handle = await runs.holdingTraining(async () => {
    const going = await go();
    await when(going, training);
    await runs.hangFrom(gateGames() + 1, 'evaluation-judge');
    return going;
  });
  await when(handle, (now) => finished(label)(now) && now.stage === 'round');
  return handle;
}
/** What `flywheel` says, on either stream. */
async function command(...args: string[]): Promise<string> {
  let said = '';
  const write = (text: unknown) => ((said += String(text)), true);
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(write));
  process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
  try {
    await main(args);
    return said;
  } finally {
    delete process.env['TEMPORAL_ADDRESS'];
    for (const spy of spies) spy.mockRestore();
  }
}

describe('messages', () => {
  it('work by the empty box, twice in a row, as signal and as update, before the first stage and in the last evaluation', async () => {
    const run = 'messages';
    const handle = await start(run, { pauseAfter: 'round', rounds: 2 });
    await handle.signal(signals.pause, undefined);
    await when(handle, paused);
    expect((await progress(handle)).steps).toEqual([]);
    expect(await refusal(handle, 'pause')).toContain('paused already');
    expect(await refusal(handle, 'rollback')).toContain('{"round": 1, "stage": "dpo"}');
    expect(await refusal(handle, 'setBudget')).toContain('{"usd": 50}');
    expect(await refusal(handle, 'decide')).toBe('The run waits for no decision.');
    expect(await send(handle, 'resume', { reason: 'go' })).toBe('Resumed.');
    expect(await refusal(handle, 'resume')).toBe('The run is not paused.');
    await handle.signal(signals.resume, undefined);
    expect((await when(handle, ({ lastAction }) => lastAction?.startsWith('resume refused') === true)).lastAction).toBe(
      'resume refused: The run is not paused.',
    );

    const atRound = await when(handle, paused);
    expect(progressSchema.strict().safeParse(atRound).error).toBeUndefined();
    expect(atRound.lastProblem).toBeNull();
    expect(atRound.steps.map(({ label }) => label)).toEqual(['I0', 'r1-sft-a1', 'r1-round-a1']);
    // Continue-as-new comes with the pause in it, and shows what was spent before it.
    await until(
      async () => (await handle.describe()).runId,
      (runId) => runId !== handle.firstExecutionRunId,
    );
    const spent = await spendOf(servers.pool, run);
    expect(spent.usd).toBeGreaterThan(0);
    expect((await progress(handle)).spend).toEqual(spent);
    expect(await refusal(handle, 'rollback', { round: 2, stage: 'dpo' })).toContain('There is no stage dpo in round 2');
    // The gates of the stage and of the round come before the evaluation, which comes to no end.
    await runs.hangFrom(2 * gateGames() + 1, 'evaluation-judge');
    await send(handle, 'resume');

    await when(handle, ({ round, step }) => round === 2 && step.startsWith('playing evaluation'));
    expect(await send(handle, 'pause', { mode: 'now', reason: 'last evaluation' })).toContain('Paused now');
    expect(await refusal(handle, 'pause', { mode: 'now' })).toContain('paused already (last evaluation)');
    await when(handle, paused);
    await noFaults();
    await send(handle, 'resume');
    expect(await handle.result()).toMatchObject({ rounds: 2 });

    const noted = await actions(run);
    const who = servers.client.options.identity;
    expect(noted.filter(({ kind }) => ['pause', 'resume'].includes(kind))).toEqual(
      [
        ...[
          ['pause', 'signal', null] as const,
          ['resume', 'update', 'go'] as const,
          ['resume', 'update', null] as const,
        ],
        ...[['pause', 'update', 'last evaluation'] as const, ['resume', 'update', null] as const],
      ].map(([kind, via, reason]) => ({
        kind,
        actor: who,
        sentence: expect.any(String) as string,
        detail: expect.objectContaining({ via, reason }) as object,
      })),
    );
    expect(noted[0]).toMatchObject({ kind: 'started', actor: who });
  });
});

describe('rollback', () => {
  const run = 'rollbacks';

  it('changes settings from there on, after they were checked, and goes back as often as it is told', async () => {
    const handle = await untilRoundEnds('r1-sft-a1', () => start(run, { rounds: 1 }));
    await send(handle, 'pause', { mode: 'now' });
    const place = { round: 1, stage: 'sft' };
    expect(await refusal(handle, 'rollback', { ...place, set: { seed: 3 } })).toContain(
      'seed cannot change within a run',
    );
    expect(await refusal(handle, 'rollback', { ...place, set: { sft: { learningrate: 1 } } })).toContain(
      'sft.learningrate: no such setting; did you mean "learningRate"?',
    );
    const rollback = (...more: string[]) => command('rollback', run, '--round', '1', '--stage', 'sft', ...more);
    expect(await rollback('--set', '{"budget": {"usd": 1}}')).toContain('setBudget {"usd": 50}');
    expect((await progress(handle)).steps.map(({ label }) => label)).toContain('r1-sft-a1');

    const set = { sft: { learningRate: 2e-3 }, competitors: [{ id: 'poet', concurrency: 4 }] };
    expect(await rollback('--set', JSON.stringify(set), '--reason', 'too timid')).toBe(
      'Rolled back to round 1, sft; 1 checkpoint superseded (too timid).\n',
    );
    expect(await refusal(handle, 'rollback', place)).toContain('is rolled back to round 1, sft already');
    await untilRoundEnds('r1-sft-a2', async () => {
      await send(handle, 'resume');
      return handle;
    });
    await noFaults();
    await runs.holdingTraining(async () => {
      await send(handle, 'rollback', place);
      await when(handle, training);
      await send(handle, 'rollback', place);
    });
    expect(await handle.result()).toMatchObject({ champion: expect.stringMatching(/^(I0|r1-sft-a4)$/) as string });
  });

  it('leaves what it abandoned readable and marked', async () => {
    const checkpoints = await checkpointsOf(servers.pool, run);
    expect(Object.fromEntries(checkpoints.map(({ id, status }) => [id, status]))).toMatchObject({
      'rollbacks/I0': 'promoted',
      'rollbacks/r1-sft-a1': 'superseded',
      'rollbacks/r1-sft-a2': 'superseded',
      'rollbacks/r1-sft-a4': expect.stringMatching(/^(promoted|rejected)$/) as string,
    });
    const datasets = await datasetsOf(servers.pool, run);
    expect(datasets.map(({ id, superseded }) => [id, superseded])).toEqual([
      ['rollbacks/r1-sft-a1/sft', true],
      ['rollbacks/r1-sft-a2/sft', true],
      ['rollbacks/r1-sft-a3/sft', true],
      ['rollbacks/r1-sft-a4/sft', false],
    ]);
    for (const { path } of datasets) expect(readFileSync(path, 'utf8')).not.toBe('');
    const gates = await gatesOf(servers.pool, run);
    expect(gates.map(({ stage, attempt, superseded }) => [stage, attempt, superseded])).toEqual(
      expect.arrayContaining([
        ['sft', 1, true],
        ['sft', 2, true],
        ['sft', 4, false],
      ]),
    );
  });

  it('never reads the abandoned branch: the next attempt names its own arenas and base', async () => {
    const state = (await loadRun(servers.pool, run))?.state as FlywheelState;
    expect(JSON.stringify(state.finished)).not.toMatch(/-a[123]\b/);
    const [last] = (await datasetsOf(servers.pool, run)).filter(({ superseded }) => !superseded);
    const metas = readFileSync(last?.path ?? '', 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { meta: RowMeta }).meta);
    for (const { battles } of metas)
      for (const battle of battles) expect(battle).toContain('rollbacks/r1-sft-a4/training');
  });

  it('keeps each version of the configuration, and trains by the new one', async () => {
    const versions = await configVersions(servers.pool, run);
    expect(versions.map(({ version, change }) => [version, change])).toEqual([
      [1, null],
      [2, { sft: { learningRate: 2e-3 }, competitors: [{ id: 'poet', concurrency: 4 }] }],
    ]);
    const job = (label: string) => readJson<Job>(join(servers.paths.artifacts, run, label, 'job.json'));
    expect((await job('r1-sft-a1'))?.hyperparameters).toMatchObject({ learning_rate: 1e-3 });
    expect((await job('r1-sft-a4'))?.hyperparameters).toMatchObject({ learning_rate: 2e-3 });
    const rollbacks = (await actions(run)).filter(({ kind }) => kind === 'rollback');
    expect(rollbacks.map(({ detail }) => (detail as { reason: string | null }).reason)).toEqual([
      'too timid',
      null,
      null,
    ]);
  });
});

describe('a closed id that is started again', () => {
  const run = 'closed';
  /** With games of its own: what an earlier run has had judged is not asked for again. */
  let own: ConfigInput;

  it('goes on after cancel, terminate and failure, with what may change changed and told', async () => {
    own = { ...config, judge: { ...config.judge, revision: run } };
    await runs.hangFrom(1, 'data-judge');
    let handle = await start(run, { config: { ...own, rounds: 1 } });
    await when(handle, ({ step }) => step.startsWith('playing sft battles'));
    await send(handle, 'setBudget', { usd: 1000, reason: 'enough' });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await loadRun(servers.pool, run))?.status).toBe('cancelled');
    await noFaults();

    // Other reach, same results: noted. Other results: refused.
    await expect((await start(run, { config: { ...own, seed: 9 } })).result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('what decides results is frozen') as string },
    });
    await runs.holdingTraining(async () => {
      handle = await start(run, { config: { ...own, rounds: 1, judge: { ...own.judge, concurrency: 5 } } });
      await when(handle, training);
      await send(handle, 'pause');
      await until(
        () => actions(run),
        (noted) => noted.some(({ kind }) => kind === 'pause'),
      );
      await handle.terminate('the test ends it');
    });

    await fault('401', { model: 'evaluation-judge' });
    handle = await start(run);
    const { lastProblem } = await when(handle, attention);
    expect(lastProblem).toContain('The endpoint refused access');
    expect(await send(handle, 'decide', { action: 'stop', reason: 'no key' })).toBe('Decided: stop.');
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Stopped by the operator') as string },
    });
    await noFaults();

    handle = await start(run);
    expect(await handle.result()).toMatchObject({ rounds: 1 });
    expect((await progress(handle)).budgetUsd).toBe(1000);
    const noted = await actions(run);
    expect(noted).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'cancelled', actor: servers.client.options.identity }),
        expect.objectContaining({
          kind: 'configuration',
          sentence: 'judge.concurrency: 8 → 5 (configuration version 2).',
        }),
        expect.objectContaining({
          kind: 'continued',
          sentence: 'The run goes on: starting it again ended its pause (no reason given).',
        }),
      ]),
    );
    expect(noted.filter(({ kind }) => kind === 'continued')).toHaveLength(3);
  });

  it('plays more rounds after completion, or goes back, and is complete again', async () => {
    expect(await (await start(run, { rounds: 2 })).result()).toMatchObject({ rounds: 2 });
    const state = async () => (await loadRun(servers.pool, run))?.state as FlywheelState;
    expect((await state()).finished.map(({ round, stage }) => `${round} ${stage}`)).toEqual([
      '0 start',
      '1 sft',
      '1 round',
      '2 sft',
      '2 round',
    ]);
    await expect((await start(run, { rollback: { round: 7 } })).result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('There is no stage sft in round 7') as string },
    });
    const set = { sft: { learningRate: 5e-3 } };
    await (await start(run, { rollback: { round: 2, reason: 'again', set } })).result();
    expect((await state()).finished.map(({ round, attempt }) => [round, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [1, 1],
      [2, 2],
      [2, 2],
    ]);
    // The file that the run was started with still names it, and what was set stays set.
    const calls = sandbox.stats().calls;
    expect(await (await start(run, { config: { ...own, rounds: 2 } })).result()).toMatchObject({ rounds: 2 });
    expect(sandbox.stats().calls).toEqual(calls);
    expect((await loadRun(servers.pool, run))?.config.sft.learningRate).toBe(5e-3);
    const [rollback] = (await actions(run)).filter(({ kind }) => kind === 'rollback');
    expect(rollback).toMatchObject({ actor: servers.client.options.identity, detail: { reason: 'again' } });
  });

  it('is shown by the tables that stand: those of the abandoned attempt are neither drawn nor offered', async () => {
    const standing = ['I0', 'r1-round-a1', 'r2-round-a2'];
    const published = (await leaderboardsOf(servers.pool, run)).map(({ label }) => label);
    expect(published).toEqual(expect.arrayContaining([...standing, 'r2-round-a1']));
    const dashboard = await startDashboard({
      ...{ databaseUrl: servers.databaseUrl, temporalAddress: servers.temporalAddress, namespace: 'default' },
      ...{ uiUrl: null, artifacts: servers.paths.artifacts, port: 0, env: {} },
    });
    try {
      const ask = (path: string) => fetch(`${dashboard.url}/api/v1/runs/${run}${path}`);
      const { ratings } = runSchema.parse(await (await ask('')).json());
      expect(ratings.map(({ label }) => label)).toEqual(standing);
      const board = leaderboardSchema.parse(await (await ask('/leaderboard')).json());
      expect(board.label).toBe('r2-round-a2');
      expect(board.boards.map(({ label }) => label)).toEqual(standing);
      const abandoned = await ask('/leaderboard?label=r2-round-a1');
      expect(abandoned.status).toBe(404);
      expect(await abandoned.text()).toContain('A rollback abandoned r2-round-a1');
    } finally {
      await dashboard.close();
    }
  });
});
