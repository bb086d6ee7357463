import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { ConfigInput } from '../../src/config/schema';
import { checkpointsOf } from '../../src/store/artifacts';
import { gatesOf } from '../../src/store/results';
import { loadRun } from '../../src/store/runs';
import type { FlywheelState, Progress } from '../../workflows/types';
import { guardedEndpoint } from '../support/guarded-endpoint';
import { attention, operatedRuns, progress, refusal, send, when, type OperatedRuns } from '../support/operated';
import { scriptedConfig } from '../support/scripted';
import { until } from '../support/until';

/** What a gate or an operator has decided stands, however often its step is done again. */
let runs: OperatedRuns;
let config: ConfigInput;

beforeAll(async () => {
  runs = await operatedRuns('decisions');
  config = { ...runs.config, rounds: 1 };
});

afterAll(() => runs?.stop());

const at = (step: string) => (now: Progress) => now.step.includes(step);
const eventsNamed = async (run: string, kind: string) =>
  (await runs.actions(run)).filter((event) => event.kind === kind);

/** Stops what is in progress, ends all faults, and lets it be done again. */
async function again(handle: WorkflowHandle): Promise<void> {
  await send(handle, 'pause', { mode: 'now' });
  await runs.noFaults();
  await send(handle, 'resume');
}

it('goes on without the battles whose verdicts cannot be read, and asks once', async () => {
  const run = 'unreadable';
  await runs.fault('unreadable', { model: 'data-judge', share: 0.2 });
  const judge = { ...config.judge, revision: run } as ConfigInput['judge'];
  const handle = await runs.start(run, {
    config: { ...config, judge, arena: { ...config.arena, maxInvalidShare: 0.01 } },
  });
  const { lastProblem, nextAction } = await when(handle, attention);
  expect(lastProblem).toMatch(/of 96 battles have an unreadable verdict .* judge reparse unreadable` and then "retry"/);
  expect(nextAction).toBe('send decide {"action": "retry" | "promote" | "stop"}');
  await runs.noFaults();
  // Nothing reads them better: it is asked again.
  await send(handle, 'decide', { action: 'retry' });
  await until(
    () => eventsNamed(run, 'attention'),
    (events) => events.length === 2,
  );
  await when(handle, attention);
  await runs.holdingTraining(async () => {
    await send(handle, 'decide', { action: 'promote' });
    await when(handle, at('train sft'));
    await again(handle);
  });
  expect(await handle.result()).toMatchObject({ rounds: 1 });
  expect(await eventsNamed(run, 'attention')).toHaveLength(2);
});

it('does not ask about a gate again, and notes it once, when the evaluation after it is stopped and done again', async () => {
  const run = 'decided';
  const handle = await runs.start(run, {
    config: {
      ...scriptedConfig(runs.files, { 'r1-sft-a1': 'echo', 'r1-sft-a2': 'echo' }),
      rounds: 1,
      gate: { prompts: 10, rule: 'better', onReject: 'ask' },
      evaluation: { ...config.evaluation, after: 'stage' },
    },
  });
  await when(handle, attention);
  // The two batches of the window end, and what follows them does not.
  await runs.hangFrom(2 * 2 * 12 + 1, 'evaluation-judge');
  await send(handle, 'decide', { action: 'promote', reason: 'to see it' });
  await when(handle, (now) => now.step.includes('evaluation of r1-sft-a1') && now.done > 0);
  await again(handle);
  // The round's own gate asks for itself.
  await when(handle, (now) => now.stage === 'round' && attention(now));
  const noted = (await eventsNamed(run, 'gate')).filter(({ sentence }) => sentence.startsWith('r1-sft-a1 against I0'));
  expect(noted).toHaveLength(1);
  const [gate] = await gatesOf(runs.servers.pool, run);
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
  // No battle is lost by so much: there is nothing to train on, also when it is tried again.
  const handle = await runs.start(run, { config: { ...config, sft: { ...config.sft, threshold: [9] } } });
  expect((await when(handle, attention)).lastProblem).toContain('select the sft data');
  await send(handle, 'pause');
  await send(handle, 'decide', { action: 'retry' });
  const pending = async () => (await handle.describe()).raw.pendingActivities ?? [];
  // Both are noted, and nothing else is done.
  await until(
    () => eventsNamed(run, 'decide'),
    (events) => events.length === 1,
  );
  await until(pending, (activities) => activities.length === 0);
  await sleep(500);
  expect((await progress(handle)).status).toBe('paused');
  expect(await pending()).toEqual([]);
  expect(await eventsNamed(run, 'attention')).toHaveLength(1);
  await send(handle, 'resume');
  await until(
    () => eventsNamed(run, 'attention'),
    (events) => events.length === 2,
  );
  await handle.terminate();
});

it('waits where the database cannot be asked at the start, and begins when it is told to', async () => {
  await runs.servers.pool.query('alter table runs rename to runs_elsewhere');
  const handle = await runs.start('late', { config });
  try {
    expect((await when(handle, attention)).lastProblem).toMatch(/^the run cannot begin: .*"runs" does not exist/);
  } finally {
    await runs.servers.pool.query('alter table runs_elsewhere rename to runs');
  }
  await send(handle, 'decide', { action: 'retry' });
  await when(handle, ({ status }) => status === 'running');
  await handle.terminate();
});

it('goes back once where the run is reset that was started with a rollback', async () => {
  const run = 'reset';
  await (await runs.start(run, { config })).result();
  await runs.holdingTraining(async () => {
    const handle = await runs.start(run, { rollback: { round: 1, reason: 'once' } });
    await when(handle, at('train sft'));
    const { events } = await handle.fetchHistory();
    const task = events?.find((event) => event.workflowTaskCompletedEventAttributes);
    const { runId } = await handle.describe();
    await runs.servers.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: run, runId },
      reason: 'test',
      workflowTaskFinishEventId: task?.eventId ?? null,
      requestId: `reset-${Date.now()}`,
    });
  });
  expect(await runs.servers.client.workflow.getHandle(run).result()).toMatchObject({ rounds: 1 });
  const state = (await loadRun(runs.servers.pool, run))?.state as FlywheelState | undefined;
  expect(state?.finished.map(({ attempt }) => attempt)).toEqual([1, 2, 2]);
  expect(await eventsNamed(run, 'rollback')).toHaveLength(1);
});

it('plays an arena in phases to its end where a prompt fails both players of its battles, each of whom counts', async () => {
  process.env['GUARD_KEY'] = 'open';
  const [first] = readFileSync(runs.files.test, 'utf8').split('\n');
  const { prompt } = JSON.parse(first ?? '') as { prompt: string };
  const guard = await guardedEndpoint(
    runs.sandbox.url,
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
    const handle = await runs.start(
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
    const { rows } = await runs.servers.pool.query<{ outcome: string; n: number }>(
      `select (outcome = 'failed')::text as outcome, count(*)::int as n from battles join arenas on arenas.id = arena where run = 'phases' group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { outcome: 'false', n: 33 },
      { outcome: 'true', n: 3 },
    ]);
  } finally {
    delete process.env['GUARD_KEY'];
    await guard.close();
  }
});

/** A benchmark as a user writes one: it asks the served model, and prints what it measured. */
const benchmark = (home: string) => {
  const file = join(home, 'benchmark.mjs');
  writeFileSync(
    file,
    `const { FLYWHEEL_MODEL_URL: url, FLYWHEEL_MODEL: model, FLYWHEEL_CHECKPOINT: label, SECRET } = process.env;
     const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] });
     const headers = { 'content-type': 'application/json' };
     const reply = await fetch(url + '/chat/completions', { method: 'POST', headers, body });
     if (!reply.ok || SECRET) process.exit(3);
     console.log('asked');
     console.log(JSON.stringify({ results: { accuracy: label === 'I0' ? 0.75 : 0.5 }, label }));`,
  );
  return { id: 'own', command: [process.execPath, file] };
};

it('keeps out a broken candidate, and the run goes on from its parent', async () => {
  const run = 'broken';
  process.env['SECRET'] = 'not for a benchmark';
  const handle = await runs.start(run, {
    config: {
      ...scriptedConfig(runs.files, { 'r1-sft-a1': 'echo', 'r2-sft-a1': 'echo' }),
      rounds: 2,
      evaluation: { ...config.evaluation, commands: [benchmark(runs.servers.paths.home)] },
      gate: { prompts: 10, onReject: 'ask', floors: [{ command: 'own', metric: 'results.accuracy', drop: 0.1 }] },
    },
  });
  expect((await when(handle, attention)).lastProblem).toMatch(
    /gate of r1-sft-a1 against I0: Kept the opponent: own results\.accuracy is 0\.5, under its floor of 0\.65/,
  );
  expect(await refusal(handle, 'decide', { action: 'retry' })).toContain('{"action": "promote"}');
  expect(await send(handle, 'decide', { action: 'keep' })).toBe('Decided: keep.');
  const inRound2 = await when(handle, (now) => now.round === 2 && attention(now));
  expect(inRound2.steps.find(({ label }) => label === 'r1-sft-a1')).toMatchObject({
    decision: 'kept I0',
    benchmarks: { 'own results.accuracy': 0.5 },
  });
  await send(handle, 'decide', { action: 'promote', reason: 'to see it' });
  // It still has to stand against the champion.
  await when(handle, (now) => now.stage === 'round' && attention(now));
  await send(handle, 'decide', { action: 'keep' });
  expect(await handle.result()).toMatchObject({ champion: 'I0' });

  const gates = await gatesOf(runs.servers.pool, run);
  // Without the floor the battles alone would have kept it out.
  const first = gates.find(({ round, stage }) => round === 1 && stage === 'sft');
  expect(first?.sentence).toContain('In battles: Kept the opponent: it scored');
  expect(first?.upper).toBeLessThan(0.5);
  const checkpoints = await checkpointsOf(runs.servers.pool, run);
  expect(checkpoints.find(({ id }) => id === 'broken/r1-sft-a1')?.status).toBe('rejected');
  const { rows } = await runs.servers.pool.query<{ players: string[] }>(
    `select array_agg(distinct players.name) as players from battles join players on players.id in (player_a, player_b)
      where arena = 'broken/r2-sft-a1/training'`,
  );
  expect(rows[0]?.players.sort()).toEqual(['I0', 'coder', 'poet', 'tutor']);
  const decided = (await runs.actions(run)).filter(({ kind }) => kind === 'decide').map(({ detail }) => detail);
  expect(decided).toMatchObject([{ reason: null }, { reason: 'to see it' }, { reason: null }]);
  delete process.env['SECRET'];
});
