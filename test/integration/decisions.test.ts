import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { ConfigInput } from '../../src/config/schema';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { eventsOf } from '../../src/store/events';
import { gatesOf } from '../../src/store/results';
import { loadRun } from '../../src/store/runs';
import { startWorker, type RunningWorker } from '../../src/worker';
import type { MessageName } from '../../workflows/messages';
import { progressQuery, updates } from '../../workflows/messages';
import type { FlywheelInput, FlywheelState, Progress } from '../../workflows/types';
import { guardedEndpoint } from '../support/guarded-endpoint';
import { scriptedConfig, scriptedFiles, scriptedPython } from '../support/scripted';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/** What an operator has decided stands, however often its step is done again; against real Temporal and Postgres, all else scripted. */
let servers: TestServers;
let sandbox: Sandbox;
let worker: RunningWorker;
let config: ConfigInput;
let files: Parameters<typeof scriptedConfig>[0];

jest.setTimeout(240_000);

const { FLYWHEEL_PYTHON } = process.env;

beforeAll(async () => {
  servers = await testServers('decisions');
  sandbox = await startSandbox({ latencyMs: 50 });
  const { home } = servers.paths;
  files = scriptedFiles(home);
  config = { ...scriptedConfig(files), rounds: 1 };
  process.env['FLYWHEEL_PYTHON'] = scriptedPython(home);
  process.env['GUARD_KEY'] = 'open';
  worker = await startWorker({ ...servers, defaults: { config, folder: home }, sandbox: sandbox.url });
});

afterAll(async () => {
  await worker?.stop();
  await sandbox?.close();
  await servers?.stop();
  delete process.env['GUARD_KEY'];
  if (FLYWHEEL_PYTHON === undefined) delete process.env['FLYWHEEL_PYTHON'];
  else process.env['FLYWHEEL_PYTHON'] = FLYWHEEL_PYTHON;
});

const start = (workflowId: string, input: FlywheelInput, type = 'flywheel') =>
  servers.client.workflow.start(type, { workflowId, taskQueue: 'flywheel', args: [input] });
const send = (handle: WorkflowHandle, name: MessageName, input?: unknown): Promise<string> =>
  handle.executeUpdate(updates[name], { args: [input] });
const when = (handle: WorkflowHandle, holds: (now: Progress) => boolean) =>
  until(() => handle.query<Progress>(progressQuery), holds);
const attention = ({ status }: Progress) => status === 'needs attention';
const at = (step: string) => (now: Progress) => now.step.includes(step);
const eventsNamed = async (run: string, kind: string) =>
  (await eventsOf(servers.pool, run)).filter((event) => event.kind === kind);
const fault = async (kind: string, match: object) => {
  await fetch(sandbox.url.replace(/\/v1$/, '/faults'), { method: 'POST', body: JSON.stringify({ kind, match }) });
};
const noFaults = () => fetch(sandbox.url.replace(/\/v1$/, '/faults'), { method: 'DELETE' });

/** Stops what is in progress, and lets it be done again. */
async function again(handle: WorkflowHandle): Promise<void> {
  await send(handle, 'pause', { mode: 'now' });
  await send(handle, 'resume');
}

it('goes on without the battles whose verdicts cannot be read, and asks once', async () => {
  const run = 'unreadable';
  await fault('unreadable', { model: 'data-judge', share: 0.2 });
  const judge = { ...config.judge, revision: run } as ConfigInput['judge'];
  const handle = await start(run, { config: { ...config, judge, arena: { ...config.arena, maxInvalidShare: 0.01 } } });
  const { lastProblem, nextAction } = await when(handle, attention);
  expect(lastProblem).toMatch(/of 96 battles have an unreadable verdict .* judge reparse unreadable` and then "retry"/);
  expect(nextAction).toBe('send decide {"action": "retry" | "promote" | "stop"}');
  await noFaults();
  // Nothing reads them better: it is asked again.
  await send(handle, 'decide', { action: 'retry' });
  await until(
    () => eventsNamed(run, 'attention'),
    (events) => events.length === 2,
  );
  await when(handle, attention);
  await send(handle, 'decide', { action: 'promote' });
  await when(handle, at('train sft'));
  await again(handle);
  expect(await handle.result()).toMatchObject({ rounds: 1 });
  expect(await eventsNamed(run, 'attention')).toHaveLength(2);
});

it('does not ask about a gate again, and notes it once, when the evaluation after it is stopped and done again', async () => {
  const run = 'decided';
  const handle = await start(run, {
    config: {
      ...scriptedConfig(files, { 'r1-sft-a1': 'echo', 'r1-sft-a2': 'echo' }),
      rounds: 1,
      gate: { prompts: 10, rule: 'better', onReject: 'ask' },
      evaluation: { ...config.evaluation, after: 'stage' },
    },
  });
  await when(handle, attention);
  await send(handle, 'decide', { action: 'promote', reason: 'to see it' });
  await when(handle, (now) => now.step.includes('evaluation of r1-sft-a1') && now.done > 0);
  await again(handle);
  // The round's own gate asks for itself.
  await when(handle, (now) => now.stage === 'round' && attention(now));
  const noted = (await eventsNamed(run, 'gate')).filter(({ sentence }) => sentence.startsWith('r1-sft-a1 against I0'));
  expect(noted).toHaveLength(1);
  const [gate] = await gatesOf(servers.pool, run);
  expect(gate).toMatchObject({ stage: 'sft', decision: 'promote' });
  expect(gate?.sentence).toMatch(/The operator decided: promote\.$/);
  // Gone back, it is another gate, which asks anew; and the candidate in progress counts among what is given up.
  expect(await send(handle, 'rollback', { round: 1, stage: 'sft' })).toContain('1 checkpoint superseded');
  await when(handle, (now) => now.stage === 'sft' && attention(now));
  expect(await send(handle, 'rollback', { round: 1, stage: 'sft' })).toContain('1 checkpoint superseded');
  await handle.terminate();
});

it('waits, decided and yet paused, until the run is resumed', async () => {
  const run = 'held';
  await fault('404', { model: 'clerk' });
  const handle = await start(run, { config: { ...scriptedConfig(files, { 'r1-sft-a1': 'clerk' }), rounds: 1 } });
  expect((await when(handle, attention)).lastProblem).toContain('serve r1-sft-a1');
  await send(handle, 'pause');
  await noFaults();
  await send(handle, 'decide', { action: 'retry' });
  await sleep(1000);
  expect((await handle.query<Progress>(progressQuery)).status).toBe('paused');
  expect((await handle.describe()).raw.pendingActivities ?? []).toEqual([]);
  const { calls } = sandbox.stats();
  await sleep(500);
  expect(sandbox.stats().calls).toEqual(calls);
  await send(handle, 'resume');
  expect(await handle.result()).toMatchObject({ rounds: 1 });
});

it('waits where the database cannot be asked at the start, and begins when it is told to', async () => {
  await servers.pool.query('alter table runs rename to runs_elsewhere');
  const handle = await start('late', { config });
  try {
    expect((await when(handle, attention)).lastProblem).toMatch(/^the run cannot begin: .*"runs" does not exist/);
  } finally {
    await servers.pool.query('alter table runs_elsewhere rename to runs');
  }
  await send(handle, 'decide', { action: 'retry' });
  await when(handle, ({ status }) => status === 'running');
  await handle.terminate();
});

it('goes back once where the run is reset that was started with a rollback', async () => {
  const run = 'reset';
  await (await start(run, { config })).result();
  const handle = await start(run, { rollback: { round: 1, reason: 'once' } });
  await when(handle, at('train sft'));
  const { events } = await handle.fetchHistory();
  const task = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  const { runId } = await handle.describe();
  await servers.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: run, runId },
    reason: 'test',
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: `reset-${Date.now()}`,
  });
  expect(await servers.client.workflow.getHandle(run).result()).toMatchObject({ rounds: 1 });
  const state = (await loadRun(servers.pool, run))?.state as FlywheelState | undefined;
  expect(state?.finished.map(({ attempt }) => attempt)).toEqual([1, 2, 2]);
  expect(await eventsNamed(run, 'rollback')).toHaveLength(1);
});

it('plays an arena in phases to its end where a prompt fails both players of its battles, each of whom counts', async () => {
  const [first] = readFileSync(files.test, 'utf8').split('\n');
  const { prompt } = JSON.parse(first ?? '') as { prompt: string };
  const guard = await guardedEndpoint(
    sandbox.url,
    'open',
    { one: { as: 'poet' }, two: { as: 'tutor' }, three: { as: 'coder' }, judge: { as: 'evaluation-judge' } },
    prompt,
  );
  const reach = {
    url: guard.url,
    key: 'env:GUARD_KEY',
    revision: 'guarded',
    concurrency: 8,
    price: { input: 0, output: 0 },
  };
  const { prompts, evaluation, heartbeat } = config;
  try {
    const handle = await start(
      'phases',
      {
        config: {
          ...{ name: 'phases', prompts, heartbeat, evaluation: { ...evaluation, judge: null } },
          competitors: ['one', 'two', 'three'].map((id) => ({ ...reach, id, model: id })),
          judge: { ...reach, model: 'judge' },
          arena: { order: 'phased', batch: 12, maxFailedShare: 0.1 },
        },
      },
      'arena',
    );
    await handle.result();
    const { rows } = await servers.pool.query<{ outcome: string; n: number }>(
      `select (outcome = 'failed')::text as outcome, count(*)::int as n from battles join arenas on arenas.id = arena where run = 'phases' group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { outcome: 'false', n: 33 },
      { outcome: 'true', n: 3 },
    ]);
  } finally {
    await guard.close();
  }
});
