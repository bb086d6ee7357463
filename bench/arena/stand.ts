import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { request } from 'undici';
import { startServers } from '../../chaos/servers';
import { startChild, type Child } from '../../src/embedded/child';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import type { ConfigInput } from '../../src/config/schema';
import { costsOf } from '../costs';
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
  /** Called each second while the arena plays. */
  look?: (state: { pool: Pool; workers: readonly Child[]; endpoint: EndpointStats }) => Promise<void> | void;
}

/** What one arena took, by Temporal's own clock from the workflow's start to its completion. */
export interface Played {
  seconds: number;
  calls: number;
  /** From the endpoint's first call to its last reply. */
  callingSeconds: number;
  peak: number;
  /** CPU seconds of each part while the arena ran. */
  cpu: { worker: number; endpoint: number; postgres: number; temporal: number };
  history: HistoryCosts;
  workerPeakMb: number;
  databaseUrl: string;
  run: string;
}

export type Stand = Awaited<ReturnType<typeof openStand>>;

/** A real Temporal server and a real Postgres, for arenas one after the other; each has a database, an endpoint and workers of its own. */
export async function openStand() {
  const folder = await mkdtemp(join(tmpdir(), 'flywheel-arena-'));
  const servers = await startServers(folder);

  return {
    folder,
    servers,

    async play(shape: ArenaShape): Promise<Played> {
      const { name, material, config, concurrency, workers: count = 1, look } = shape;
      const own = join(folder, name);
      mkdirSync(own, { recursive: true });
      const databaseUrl = await servers.database(name);
      const endpoint = await startEndpoint(own, shape.endpoint);
      const workers: Child[] = [];
      const pool = new Pool({ connectionString: databaseUrl, max: 2 });
      pool.on('error', () => undefined);
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
        const handle = await servers.client.workflow.start('arena', {
          workflowId: name,
          taskQueue: 'flywheel',
          args: [{ config: configOf(shape, endpoint.url, material, concurrency, config) }],
        });
        const watch = look
          ? setInterval(
              () =>
                void endpoint
                  .stats()
                  .then((stats) => look({ pool, workers, endpoint: stats }))
                  .catch(() => undefined),
              1000,
            )
          : undefined;
        try {
          await handle.result();
        } finally {
          clearInterval(watch);
        }
        const after = cpuOf(parts);
        const stats = await endpoint.stats();
        const history = await historyCosts(servers.client, name, handle.firstExecutionRunId);
        return {
          seconds: history.seconds,
          calls: stats.calls,
          callingSeconds: (stats.last - stats.first) / 1000,
          peak: stats.peak,
          cpu: Object.fromEntries(
            Object.entries(after).map(([part, seconds]) => [part, seconds - before[part as keyof typeof before]]),
          ) as Played['cpu'],
          history,
          workerPeakMb: Math.max(...workers.map(({ pid }) => costsOf(pid)?.peakMb ?? 0)),
          databaseUrl,
          run: name,
        };
      } finally {
        await pool.end();
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

/** A worker as users start one, from the build with its bundle. `FLYWHEEL_BENCH_PROFILE` names a folder for its CPU profile. */
async function startWorker(
  folder: string,
  number: number,
  databaseUrl: string,
  temporalAddress: string,
): Promise<Child> {
  const logFile = join(folder, `worker-${number}.log`);
  const profile = process.env['FLYWHEEL_BENCH_PROFILE'];
  const settings = { home: folder, databaseUrl, temporalAddress, sandbox: 'http://127.0.0.1:1/v1' };
  return startChild({
    name: 'The worker',
    command: process.execPath,
    args: [
      ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []),
      join(repositoryRoot(), 'dist/chaos/worker-process.js'),
      JSON.stringify(settings),
    ],
    env: { FLYWHEEL_PYTHON: pythonPath() },
    logFile,
    ready: () => Promise.resolve(readFileSync(logFile, 'utf8').includes('polling')),
  });
}
