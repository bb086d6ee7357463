import { rmSync, writeFileSync } from 'node:fs';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { Pool } from 'pg';
import { holdOf } from '../../chaos/scripted-python';
import type { ConfigInput } from '../../src/config/schema';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { eventsOf, type RunEvent } from '../../src/store/events';
import { startWorker } from '../../src/worker';
import { progressQuery, signals, updates, type MessageName } from '../../workflows/messages';
import type { FlywheelInput, Progress } from '../../workflows/types';
import { endFaults, orderFaults } from './faults';
import { scriptedConfig, scriptedFiles, scriptedPython } from './scripted';
import { testServers, type TestServerOptions, type TestServers } from './servers';
import { until } from './until';

/**
 * Runs on servers of a test file's own, and a worker for them. Players, judges and the trainer are scripted behind their
 * real contracts, so that a round lasts seconds.
 */
export interface OperatedRuns {
  servers: TestServers;
  sandbox: Sandbox;
  files: Parameters<typeof scriptedConfig>[0];
  /** What `{}` runs. */
  config: ConfigInput;
  start(
    workflowId: string,
    input?: FlywheelInput,
    type?: 'flywheel' | 'arena',
  ): Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** A run's events, without their times. */
  actions(run: string): Promise<Omit<RunEvent, 'run'>[]>;
  /** Orders a fault of the endpoint, for all calls that match. */
  fault(kind: string, match?: object, options?: { seconds?: number; times?: number }): Promise<void>;
  /**
   * From its nth call from now on (1: the next) a model answers nobody until `noFaults`; who asks then waits until he gives up. So a step is
   * met on its way, however slow the machine is that looks for it.
   */
  hangFrom(nth: number, model: string): Promise<void>;
  noFaults(): Promise<void>;
  /** No training gets to its end while `act` is under way; one that is told to stop does so. */
  holdingTraining<T>(act: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export interface OperatedOptions extends TestServerOptions {
  /** Writes what stands in the place of the Python that trains into a folder, and returns its path. */
  python?: (folder: string) => string;
  /** How long the models take to answer. */
  latencyMs?: number;
}

export async function operatedRuns(
  name: string,
  { python = scriptedPython, latencyMs = 10, ...ofServers }: OperatedOptions = {},
): Promise<OperatedRuns> {
  const ends: (() => Promise<void>)[] = [];
  const { FLYWHEEL_PYTHON } = process.env;
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
    if (FLYWHEEL_PYTHON === undefined) delete process.env['FLYWHEEL_PYTHON'];
    else process.env['FLYWHEEL_PYTHON'] = FLYWHEEL_PYTHON;
  };
  try {
    const servers = await testServers(name, ofServers);
    ends.push(() => servers.stop());
    const sandbox = await startSandbox({ latencyMs });
    ends.push(() => sandbox.close());
    const { home } = servers.paths;
    const files = scriptedFiles(home);
    const config = scriptedConfig(files);
    process.env['FLYWHEEL_PYTHON'] = python(home);
    const worker = await startWorker({ ...servers, defaults: { config, folder: home }, sandbox: sandbox.url });
    ends.push(() => worker.stop());
    return {
      ...{ servers, sandbox, files, config, stop },
      start: (workflowId, input = {}, type = 'flywheel') =>
        servers.client.workflow.start(type, { workflowId, taskQueue: 'flywheel', args: [input] }),
      actions: async (run) =>
        (await eventsOf(servers.pool, run)).map(({ kind, sentence, actor, detail }) => ({
          ...{ kind, sentence, actor, detail },
        })),
      fault: (kind, match = {}, options = {}) => orderFaults(sandbox, { kind, match, ...options }),
      hangFrom: (nth, model) =>
        orderFaults(sandbox, { kind: 'timeout', match: { model, nth }, times: Number.MAX_SAFE_INTEGER }),
      noFaults: () => endFaults(sandbox),
      async holdingTraining(act) {
        writeFileSync(holdOf(home), '');
        try {
          return await act();
        } finally {
          rmSync(holdOf(home));
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Sends an update; what it answers. */
export const send = (handle: WorkflowHandle, name: MessageName, input?: unknown): Promise<string> =>
  handle.executeUpdate(updates[name], { args: [input] });

/** Why an update was not taken. */
export const refusal = (handle: WorkflowHandle, name: MessageName, input?: unknown): Promise<string> =>
  send(handle, name, input).then(
    (sentence) => `taken: ${sentence}`,
    (error: { cause?: { message?: string } }) => error.cause?.message ?? 'no reason',
  );

/** Sends a signal; what the run says about it where an operator looks. It must not have said just that before. */
export async function signalled(handle: WorkflowHandle, name: MessageName, input?: unknown): Promise<string | null> {
  const { lastAction: before } = await progress(handle);
  await handle.signal(signals[name], input);
  return (await when(handle, ({ lastAction }) => lastAction !== before)).lastAction;
}

export const progress = (handle: WorkflowHandle): Promise<Progress> => handle.query(progressQuery);
export const when = (handle: WorkflowHandle, holds: (now: Progress) => boolean): Promise<Progress> =>
  until(() => progress(handle), holds);
export const paused = ({ status }: Progress): boolean => status === 'paused';
export const attention = ({ status }: Progress): boolean => status === 'needs attention';
/** The step of this label is finished. */
export const finished =
  (label: string) =>
  ({ steps }: Progress): boolean =>
    steps.some((step) => step.label === label);

/** A bill that a cap can stop: a dollar for a thousand tokens. */
export const dear = (judge: ConfigInput['judge']): ConfigInput['judge'] => ({
  ...judge,
  revision: 'dear',
  price: { input: 1000, output: 1000 },
});

/** Holds writes to a table back while `act` is under way, so that what waits for one of them lasts. */
export async function holdingBack<T>(pool: Pool, table: 'judges', act: () => Promise<T>): Promise<T> {
  const lock = await pool.connect();
  try {
    await lock.query('begin');
    await lock.query(`lock table ${table} in share mode`);
    return await act();
  } finally {
    await lock.query('rollback');
    lock.release();
  }
}
