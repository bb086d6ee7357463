import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Pool } from 'pg';
import { request } from 'undici';
import { startChild, type Child } from '../src/embedded/child';
import { pythonPath, repositoryRoot } from '../src/embedded/paths';
import { freePort } from '../src/embedded/ports';
import { sendSignal } from '../src/embedded/process';
import type { SandboxStats } from '../src/sandbox/chat-service';
import type { FaultKind } from '../src/sandbox/options';
import { progressQuery } from '../workflows/messages';
import type { FlywheelInput, Progress } from '../workflows/types';
import { IN_FLIGHT_MOST, type Shape } from './config';
import { fakedClock, type Clock } from './clock';
import { olderBundle } from './older-build';
import { scriptedPython } from './scripted-python';
import type { Servers } from './servers';
import { READY_SECONDS, startWorkerProcess } from './start-worker';

/** The run's key, in each stand the same, because ids decide seeds. */
const RUN = 'chaos';
/** Long enough that calls are found in flight. */
const LATENCY_MS = 25;

/** A run's own database, artifacts, endpoint and workers, beside the servers that all share. */
export type Stand = Awaited<ReturnType<typeof openStand>>;

export interface StandOptions {
  /** The clocks of workers and trainers can be made to jump: they are wrong by what a file says. */
  fakeClock?: boolean;
  /** The first worker is of the build before today's patches. */
  olderBuild?: boolean;
  /** Of the endpoint's replies; by default long enough that calls are found in flight. */
  latencyMs?: number;
  /** A scripted job whose steps take so long (ten seconds in all) that a message reaches it while it trains, such as `r1-dpo-a1`. */
  slowJob?: string;
}

/** The trainer of a shape as `FLYWHEEL_PYTHON` names one: a Python, or what stands in its place. */
const trainerOf = (shape: Shape, folder: string, clock: Clock | null, slowJob?: string): string =>
  shape.trainer === 'real'
    ? pythonPath()
    : scriptedPython(folder, { ...clock?.env, ...(slowJob && { SCRIPTED_SLOW_JOB: slowJob }) });

export async function openStand(
  servers: Servers,
  root: string,
  name: string,
  shape: Shape,
  { fakeClock = false, latencyMs = LATENCY_MS, slowJob }: StandOptions = {},
) {
  const folder = join(root, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const databaseUrl = await servers.database(`chaos-${name}`);
  const pool = new Pool({ connectionString: databaseUrl, max: 3 });
  // A killed Postgres ends idle connections; the next query opens another.
  pool.on('error', () => undefined);
  const clock = fakeClock ? fakedClock(folder) : null;
  const python = trainerOf(shape, folder, clock, slowJob);
  const sandboxPort = await freePort();
  const sandboxRoot = `http://127.0.0.1:${sandboxPort}`;
  const sandbox = await startChild({
    name: 'The sandbox',
    command: process.execPath,
    args: [
      join(repositoryRoot(), 'dist/src/sandbox/main.js'),
      ...['--port', String(sandboxPort), '--latency-ms', String(latencyMs), '--seed', String(shape.seed)],
    ],
    logFile: join(folder, 'sandbox.log'),
    ready: async () => (await request(`${sandboxRoot}/health`).catch(() => null))?.statusCode === 200,
    readySeconds: READY_SECONDS,
  });
  const workers: Child[] = [];
  const starts: string[] = [];
  const afterwards: (() => void)[] = [];
  let handle: WorkflowHandle | null = null;
  /** Calls that were paid for and not stored when a worker was last killed; and those of them that the endpoint had in hand, at most. */
  let inFlight = 0;
  let inHand = 0;

  const stats = async () => (await (await request(`${sandboxRoot}/stats`)).body.json()) as SandboxStats;
  const sent = async () => Object.values((await stats()).calls).reduce((sum, n) => sum + n, 0);
  const stored = async () => {
    const { rows } = await pool.query<{ n: number }>(
      // The local model server is not the endpoint whose calls are counted.
      shape.serving === 'local'
        ? `select (select count(*) from answers join players on id = player where name !~ '^(I0|r1)')::int
                + (select count(*) from games)::int as n`
        : `select (select count(*) from answers)::int + (select count(*) from games)::int
                + (select count(*) from ledger where purpose = 'canary' and error is null)::int as n`,
    );
    return rows[0]?.n ?? 0;
  };

  const stand = {
    folder,
    servers,
    pool,
    stats,
    /** Calls that the endpoint has seen so far. */
    sent,
    run: () => {
      if (!handle) throw new Error('the run has not been started');
      return handle;
    },
    /** A training job's folder, such as `r1-sft-a1`. */
    jobFolder: (label: string) => join(folder, 'artifacts', RUN, label),

    /** What a worker needs to be told; its Python comes by the environment. @param build `older`: as it was before today's patches. */
    workerSettings: async (build: 'today' | 'older' = 'today') => ({
      home: folder,
      databaseUrl,
      temporalAddress: servers.temporal().address,
      sandbox: `${sandboxRoot}/v1`,
      ...(build === 'older' ? { workflowBundle: await olderBundle(root) } : {}),
    }),
    python,

    /** A worker as a process of its own, which can be killed. */
    async startWorker(build: 'today' | 'older' = 'today'): Promise<Child> {
      const logFile = join(folder, `worker-${workers.length + 1}.log`);
      const env = { FLYWHEEL_PYTHON: python, ...clock?.env };
      const worker = await startWorkerProcess(await stand.workerSettings(build), { logFile, env });
      workers.push(worker);
      return worker;
    },

    /** The clocks of workers and trainers jump by so many hours. */
    jump(hours: number): void {
      if (!clock) throw new Error('the clocks of this stand are true');
      clock.jump(hours);
    },

    /** SIGKILL; what was on its way is counted: such calls may be made once more, others may not. */
    async killWorker(worker: Child): Promise<void> {
      const { abandoned } = await stats();
      sendSignal(worker.pid, 'SIGKILL');
      await worker.ended;
      // The endpoint sees its end at once; another worker's calls never cease.
      for (let waits = 0; waits < 50 && (await stats()).inFlight > 0; waits++) await sleep(10);
      inHand = Math.max(inHand, (await stats()).abandoned - abandoned);
      inFlight = (await sent()) - (await stored());
    },

    /** To be said before a fault that no worker dies of: as many calls as may be in flight at once may be made again. */
    excuseInFlight(): void {
      inFlight = IN_FLIGHT_MOST;
    },

    /** Starts the run's id, anew or again. */
    async start(input: FlywheelInput, type: 'flywheel' | 'arena' = 'flywheel'): Promise<void> {
      const started = await servers.client.workflow.start(type, {
        workflowId: RUN,
        taskQueue: 'flywheel',
        args: [input],
      });
      handle = started;
      starts.push(started.firstExecutionRunId);
    },
    /** Run ids of the executions that `start` made; those that they were continued as are not among them. */
    starts: (): readonly string[] => starts,

    progress: (): Promise<Progress> => stand.run().query(progressQuery),

    /** Orders faults of the endpoint, each for all calls that match until `times` is used up. */
    async fault(
      kind: FaultKind,
      options: { model?: string; share?: number; times?: number; seconds?: number } = {},
    ): Promise<void> {
      const { model, share, ...rest } = options;
      const match = { ...(model === undefined ? {} : { model }), ...(share === undefined ? {} : { share }) };
      const response = await request(`${sandboxRoot}/faults`, {
        method: 'POST',
        body: JSON.stringify({ kind, match, ...rest }),
      });
      if (response.statusCode !== 200) throw new Error(await response.body.text());
    },
    noFaults: () => request(`${sandboxRoot}/faults`, { method: 'DELETE' }),

    /** Done when the run is over and looked at. */
    afterwards: (undo: () => void) => void afterwards.push(undo),

    /** Calls that bought nothing new so far, those of them that a kill excuses, and how many the endpoint had in hand at a kill. */
    async repeats(): Promise<{ repeated: number; inFlight: number; inHand: number }> {
      return { repeated: (await sent()) - (await stored()), inFlight, inHand };
    },

    async close(): Promise<void> {
      for (const worker of workers) sendSignal(worker.pid, 'SIGKILL');
      await handle?.terminate('the row is over').catch(() => undefined);
      await Promise.all(workers.map(({ ended }) => ended));
      await sandbox.stop();
      await pool.end();
      for (const undo of afterwards) undo();
    },
  };
  return stand;
}
