import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { ConfigInput } from '../../src/config/schema';
import { homePaths } from '../../src/embedded/paths';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { eventsOf } from '../../src/store/events';
import { startWorker, type RunningWorker, type WorkerSettings } from '../../src/worker';
import { progressQuery, updates } from '../../workflows/messages';
import type { Progress } from '../../workflows/types';
import { scriptedConfig, scriptedFiles, scriptedPython } from '../support/scripted';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/** Workers that each do a part of the work, against real Temporal and Postgres; players, judges and the trainer are scripted. */
let servers: TestServers;
let sandbox: Sandbox;
let config: ConfigInput;
const workers: RunningWorker[] = [];

const { FLYWHEEL_PYTHON } = process.env;

beforeAll(async () => {
  servers = await testServers('roles');
  // Five batches one after the other last longer than the patience below.
  sandbox = await startSandbox({ latencyMs: 80 });
  const { home } = servers.paths;
  config = {
    ...scriptedConfig(scriptedFiles(home)),
    rounds: 1,
    heartbeat: { queueSeconds: 1.5 },
    arena: { batch: 12, window: 6 },
  };
  process.env['FLYWHEEL_PYTHON'] = scriptedPython(home);
});

afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));

afterAll(async () => {
  await sandbox?.close();
  await servers?.stop();
  if (FLYWHEEL_PYTHON === undefined) delete process.env['FLYWHEEL_PYTHON'];
  else process.env['FLYWHEEL_PYTHON'] = FLYWHEEL_PYTHON;
});

async function work(settings: Partial<WorkerSettings>): Promise<void> {
  workers.push(await startWorker({ ...servers, sandbox: sandbox.url, ...settings }));
}

const start = (workflowId: string, change: Partial<ConfigInput> = {}): Promise<WorkflowHandle> =>
  servers.client.workflow.start('flywheel', {
    ...{ workflowId, taskQueue: 'flywheel' },
    args: [{ config: { ...config, ...change } }],
  });
const waiting = (handle: WorkflowHandle): Promise<Progress> =>
  until(
    () => handle.query<Progress>(progressQuery),
    ({ status }) => status === 'needs attention',
  );
const retry = (handle: WorkflowHandle) => handle.executeUpdate(updates.decide, { args: [{ action: 'retry' }] });
const nobody = (queue: string) =>
  `No worker serves the task queue "flywheel-${queue}". Start one: npx flywheel worker --roles ${queue}`;

it('a run waits where nobody serves a role, names queue and command, and never mistakes busy workers for none', async () => {
  await work({ roles: ['orchestrator'] });
  const handle = await start('parts');
  expect((await waiting(handle)).lastProblem).toBe(`the run cannot begin: ${nobody('host')}`);
  await work({ roles: ['host'] });
  await retry(handle);

  const parked = await waiting(handle);
  expect(parked.lastProblem).toContain(nobody('battles'));
  expect(parked.nextAction).toBe('send decide {"action": "retry" | "stop"}');
  // One batch at a time, so that the other five of the window wait longer than the patience for an empty queue.
  await work({ roles: ['battles'], slots: 1 });
  await retry(handle);

  expect((await waiting(handle)).lastProblem).toContain(nobody('training'));
  await work({ roles: ['training'] });
  await retry(handle);
  await handle.result();

  const { events = [] } = await handle.fetchHistory();
  const queueOf = new Map(
    (events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled ? [[String(eventId), scheduled.taskQueue?.name ?? '']] : [],
    ),
  );
  const untaken = (events ?? []).flatMap(({ activityTaskTimedOutEventAttributes: timedOut }) =>
    timedOut ? [queueOf.get(String(timedOut.scheduledEventId))] : [],
  );
  // Those of the window when nobody was there, and later some more, when one was and had its hands full.
  expect(untaken.filter((queue) => queue === 'flywheel-battles').length).toBeGreaterThan(6);
  const attention = (await eventsOf(servers.pool, 'parts')).filter(({ kind }) => kind === 'attention');
  expect(attention.map(({ sentence }) => /"flywheel-(\w+)"/.exec(sentence)?.[1])).toEqual(['battles', 'training']);
});

it('a worker that keeps its artifacts elsewhere is told before anything is spent', async () => {
  const stranger = join(servers.paths.home, 'elsewhere');
  mkdirSync(stranger);
  await work({});
  await work({ roles: ['training'], paths: homePaths(stranger) });
  const before = sandbox.stats().calls;
  const handle = await start('strangers');
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      message: expect.stringContaining(
        `keeps artifacts in ${homePaths(stranger).artifacts}, which is not the folder ${servers.paths.artifacts}`,
      ) as string,
    },
  });
  expect(sandbox.stats().calls).toEqual(before);
});
