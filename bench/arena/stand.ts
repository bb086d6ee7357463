import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { request } from 'undici';
import { startServers } from '../../chaos/servers';
import { startWorkerProcess } from '../../chaos/start-worker';
import { startChild, type Child } from '../../src/embedded/child';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { sendSignal } from '../../src/embedded/process';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import type { ConfigInput } from '../../src/config/schema';
import type { BenchOptions } from '../bench';
import { costsOf, machineSeconds } from '../costs';
import { endOfRun } from '../end-of-run';
import { historyCosts, type HistoryCosts } from '../history';
import type { EndpointStats } from './endpoint-process';
import type { Material } from './material';

/** An endpoint as a row wants it. */
export interface EndpointShape {
  latencyMs: number;
  /** Null: no limit. */
  slots: number | null;
  prefixBlocks?: number;
}

export interface ArenaShape {
  name: string;
  material: Material;
  endpoint: EndpointShape;
  /** Calls that one worker keeps in flight at most. */
  concurrency: number;
  workers?: number;
  config?: Partial<ConfigInput>;
  /** After so many calls the worker is killed (SIGKILL), and another one started at once. */
  killAt?: number;
  /** Called twice a second while the arena plays. */
  look?: (state: { workers: readonly Child[]; endpoint: EndpointStats }) => Promise<void> | void;
}

/** What one arena took, by Temporal's own clock from the workflow's start to its completion. */
export interface Played {
  seconds: number;
  calls: number;
  /** From the endpoint's first call to its last reply. */
  callingSeconds: number;
  peak: number;
  /** Cores that everything else on this machine used meanwhile: where it is much, the figure is the machine's, not ours. */
  othersCores: number;
  /** Cores of this machine that were busy while calls were answered, whoever used them; null where that cannot be seen. */
  busyCores: number | null;
  /** CPU seconds of each part while the arena ran. */
  cpu: { worker: number; endpoint: number; postgres: number; temporal: number };
  history: HistoryCosts;
  workerPeakMb: number;
  /** Calls that were sent and not stored when the worker was killed; null where it was not. */
  unstoredAtKill: number | null;
  databaseUrl: string;
  run: string;
}

export type Stand = Awaited<ReturnType<typeof openStand>>;

/** A real Temporal server and a real Postgres, for arenas one after the other; each has a database, an endpoint and workers of its own. */
export async function openStand() {
  const folder = temporaryFolder('arena');
  const servers = await startServers(folder);

  return {
    folder,
    servers,

    async play(shape: ArenaShape): Promise<Played> {
      const { name, material, config, concurrency, workers: count = 1 } = shape;
      const own = join(folder, name);
      mkdirSync(own, { recursive: true });
      const databaseUrl = await servers.database(name);
      const endpoint = await startEndpoint(own, shape.endpoint);
      const workers: Child[] = [];
      try {
        for (let worker = 0; worker < count; worker++)
          workers.push(await startWorker(own, worker, databaseUrl, servers.temporal().address));
        const parts = {
          worker: workers.map(({ pid }) => pid),
          endpoint: [endpoint.child.pid],
          postgres: [servers.postgres().pid],
          temporal: [servers.temporal().pid],
        };
        const before = cpuOf(parts);
        const machine = machineSeconds();
        const started = performance.now();
        const handle = await servers.client.workflow.start('arena', {
          workflowId: name,
          taskQueue: 'flywheel',
          args: [{ config: configOf(shape, endpoint.url, material, concurrency, config) }],
        });
        let unstoredAtKill: number | null = null;
        const watching = new AbortController();
        const busy: { at: number; seconds: number }[] = [];
        let answered = 0;
        const watched = watch(watching.signal, async () => {
          const stats = await endpoint.stats();
          if (stats.answered > answered) busy.push({ at: performance.now(), seconds: machineSeconds() ?? NaN });
          answered = stats.answered;
          await shape.look?.({ workers, endpoint: stats });
          if (shape.killAt === undefined || stats.calls < shape.killAt) return;
          delete shape.killAt;
          const [worker] = workers.splice(0, 1);
          sendSignal(worker?.pid ?? 0, 'SIGKILL');
          await worker?.ended;
          try {
            unstoredAtKill = (await endpoint.stats()).calls - (await gamesIn(databaseUrl));
          } finally {
            workers.push(await startWorker(own, count, databaseUrl, servers.temporal().address));
          }
        });
        await endOfRun(handle).finally(() => watching.abort());
        await watched;
        const after = cpuOf(parts);
        const wall = (performance.now() - started) / 1000;
        const all = (machineSeconds() ?? 0) - (machine ?? 0);
        const stats = await endpoint.stats();
        const history = await historyCosts(servers.client, name, handle.firstExecutionRunId);
        const cpu = Object.fromEntries(
          Object.entries(after).map(([part, seconds]) => [part, seconds - before[part as keyof typeof before]]),
        ) as Played['cpu'];
        return {
          seconds: history.seconds,
          calls: stats.calls,
          callingSeconds: (stats.last - stats.first) / 1000,
          peak: stats.peak,
          othersCores: Math.max(0, all - Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0)) / wall,
          busyCores: coresBetween(busy[0], busy.at(-1)),
          cpu,
          history,
          workerPeakMb: Math.max(...workers.map(({ pid }) => costsOf(pid)?.peakMb ?? 0)),
          unstoredAtKill,
          databaseUrl,
          run: name,
        };
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()));
        await endpoint.child.stop();
      }
    },

    async close(): Promise<void> {
      await servers.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function gamesIn(databaseUrl: string): Promise<number> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from games');
    return rows[0]?.n ?? 0;
  } finally {
    await pool.end();
  }
}

/** Looks twice a second until it is told to stop; a look that fails (a worker is just gone) is made again. */
async function watch(signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await look().catch(() => undefined);
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}

/** Null where it was over too soon to be looked at twice, or the machine does not tell. */
function coresBetween(first?: { at: number; seconds: number }, last = first): number | null {
  const cores = first && last ? (1000 * (last.seconds - first.seconds)) / (last.at - first.at) : NaN;
  return Number.isFinite(cores) ? cores : null;
}

function cpuOf<Parts extends Record<string, readonly number[]>>(parts: Parts): Record<keyof Parts, number> {
  return Object.fromEntries(
    Object.entries(parts).map(([part, pids]) => [
      part,
      pids.reduce((sum, pid) => sum + (costsOf(pid)?.cpuSeconds ?? 0), 0),
    ]),
  ) as Record<keyof Parts, number>;
}

function configOf(
  { name }: ArenaShape,
  url: string,
  { prompts, answers }: Material,
  concurrency: number,
  more: Partial<ConfigInput> = {},
): ConfigInput {
  return {
    name,
    competitors: answers.map((file, at) => ({ id: `player-${at}`, answers: file })),
    judge: { url, model: 'scripted-judge', concurrency, timeoutSeconds: 120 },
    prompts: { source: [prompts] },
    ...more,
  };
}

export async function startEndpoint(folder: string, shape: EndpointShape) {
  const logFile = join(folder, 'endpoint.log');
  const ready = () => /"port":(\d+)/.exec(readFileSync(logFile, 'utf8'))?.[1];
  const child = await startChild({
    name: 'The endpoint',
    command: process.execPath,
    args: [join(repositoryRoot(), 'dist/bench/arena/endpoint-process.js'), JSON.stringify(shape)],
    logFile,
    ready: () => Promise.resolve(ready() !== undefined),
  });
  const root = `http://127.0.0.1:${ready()}`;
  return {
    child,
    url: `${root}/v1`,
    stats: async () => (await (await request(`${root}/stats`)).body.json()) as EndpointStats,
  };
}

/** A worker process. `FLYWHEEL_BENCH_PROFILE` names a folder for its CPU profile. */
function startWorker(folder: string, number: number, databaseUrl: string, temporalAddress: string): Promise<Child> {
  const profile = process.env['FLYWHEEL_BENCH_PROFILE'];
  return startWorkerProcess(
    { home: folder, databaseUrl, temporalAddress, sandbox: 'http://127.0.0.1:1/v1' },
    {
      logFile: join(folder, `worker-${number}.log`),
      env: { FLYWHEEL_PYTHON: pythonPath() },
      nodeOptions: profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [],
    },
  );
}

/** What each part of the bench gets. */
export interface Part extends BenchOptions {
  stand: Stand;
}

/** Cores that all parts of an arena used. */
export const coresOf = ({ cpu, seconds }: Played): number =>
  Object.values(cpu).reduce((sum, one) => sum + one, 0) / seconds;

/** Where the CPU went, for a row's note. */
export function cpuNote(played: Played): string {
  const { cpu, calls, othersCores, workerPeakMb } = played;
  const each = (part: number) => ((part / calls) * 1e6).toFixed(0);
  return `CPU µs a call: worker ${each(cpu.worker)}, Postgres ${each(cpu.postgres)}, Temporal ${each(cpu.temporal)}, endpoint ${each(cpu.endpoint)} (${coresOf(played).toFixed(2)} cores; other programs ${othersCores.toFixed(2)}); worker ${workerPeakMb.toFixed(0)} MB`;
}
