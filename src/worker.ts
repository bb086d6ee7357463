import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities';
import type { Defaults } from '../activities/deps';
import { queueOf, ROLES, type Role } from '../workflows/queues';
import { allEnded } from './all-ended';
import { createArtifacts } from './artifacts/artifacts';
import { needsArtifacts } from './artifacts/root';
import { createClient } from './codec/client';
import { dataConverter } from './codec/codec';
import { homePaths, pythonPath, repositoryRoot, type HomePaths } from './embedded/paths';
import { lazySandbox } from './embedded/sandbox';
import { ensureNamespace } from './embedded/search-attributes';
import { UserError, messageOf } from './errors';
import { createGroups } from './groups/groups';
import { thisHolder } from './groups/lease';
import { groupFolderOf } from './groups/needs';
import { createModelPool } from './models/pool';
import type { MetricsSettings } from './observe/metrics/start';
import { startObserving } from './observe/observe';
import { announceWorker } from './presence';
import { createServing } from './serving/backends';
import { openStore } from './store/open';
import { reached } from './temporal/environment';
import { describeBase } from './training/base';
import { createTraining } from './training/backends';
import { programVersion } from './version';

export interface WorkerSettings {
  databaseUrl: string;
  temporalAddress: string;
  namespace?: string;
  /** What this worker does; by default all of it. */
  roles?: readonly Role[];
  /** Activities of each role at once. */
  slots?: number;
  /** Where datasets, jobs, checkpoints and logs are kept. */
  paths?: HomePaths;
  /** The configuration that `{}` runs, with the folder that its paths are relative to. */
  defaults?: { config: unknown; folder: string } | Defaults | null;
  /** Address of scripted models that run already; otherwise they are started at the first need. */
  sandbox?: string;
  /** Where its metrics are served; null: nowhere. */
  metrics?: MetricsSettings | null;
  /** A bundle of workflows in the place of this build's: an older one's. */
  workflowBundle?: string;
}

export interface RunningWorker {
  /** Address of its metrics; null: none are served. */
  metricsUrl: string | null;
  /** Settles when the worker has ended; rejects when it failed. */
  ended: Promise<void>;
  /** Stops polling, gives activities the time of a heartbeat to leave, and ends its servers. */
  stop(): Promise<void>;
}

/** A configuration as it is, or what makes it, as what makes it. */
function promised(config: unknown): Defaults['config'] {
  return typeof config === 'function' ? (config as Defaults['config']) : () => Promise.resolve(config);
}

/** Long enough that a running call may end; what does not is done again by the next worker. */
const GRACE = '5s';

/** Batches wait for endpoints most of their time, so that many fit. */
const SLOTS = 100;

/** Starts a worker in this process, a poller for each of its roles: it checks database and namespace before it polls. */
export async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  const {
    databaseUrl,
    temporalAddress,
    namespace = 'default',
    roles = ROLES,
    slots = SLOTS,
    paths = homePaths(),
    defaults = null,
    metrics = null,
  } = settings;
  const artifacts = createArtifacts(paths);
  const queues = roles.map((role) => queueOf(role));
  const artifactsId = needsArtifacts(queues) ? await artifacts.id() : null;
  const observing = await startObserving(metrics);
  await mkdir(paths.logs, { recursive: true });
  const store = await openStore(databaseUrl, observing.watched);
  const sandbox = lazySandbox(paths.logs);
  const packageFolder = join(repositoryRoot(), 'trainer');
  const trainer = { python: pythonPath(), packageFolder };
  const hashOf = async (model: string) => (await describeBase(trainer, model)).sha256;
  const serving = createServing({ ...trainer, folder: join(paths.home, 'serving'), hashOf, artifacts });
  const connection = await connect(temporalAddress);
  const models = createModelPool(
    () => (settings.sandbox === undefined ? sandbox.address() : Promise.resolve(settings.sandbox)),
    observing.client,
  );
  const ends: (() => Promise<void>)[] = [() => observing.close()];
  const id = randomUUID();
  const groups = createGroups({ pool: store.pool, holder: thisHolder(id) });
  const close = async () => {
    for (const end of ends) await end();
    await groups.close();
    await serving.close();
    await sandbox.close();
    await connection.close();
    await store.close();
  };
  try {
    await ensureNamespace(connection, namespace);
    const common = {
      connection,
      namespace,
      dataConverter: dataConverter(),
      activities: createActivities({
        store,
        serving,
        trainer,
        hashOf,
        groups,
        groupFolder: groupFolderOf(paths.home),
        training: createTraining({ ...trainer, artifacts: paths.artifacts }),
        defaults: defaults && { ...defaults, config: promised(defaults.config) },
        models,
        artifacts,
      }),
      ...observing.options,
      maxConcurrentActivityTaskExecutions: slots,
      // Otherwise a heartbeat is held back so long that a cancel is seen late.
      maxHeartbeatThrottleInterval: '2s',
      // After a kill the server still offers a workflow's tasks to the dead worker for so long (its own default: 10 s).
      stickyQueueScheduleToStartTimeout: '3s',
      shutdownGraceTime: GRACE,
      shutdownForceTime: '30s',
    } as const;
    const workers: Worker[] = [];
    for (const role of roles)
      workers.push(
        await Worker.create({
          ...common,
          taskQueue: queueOf(role),
          // Only batches come by the dozen.
          ...(role === 'battles' ? {} : { maxConcurrentActivityTaskPolls: 2 }),
          ...(role === 'orchestrator' ? workflowSource(settings.workflowBundle) : {}),
        }),
      );
    const presence = await announceWorker(store.pool, {
      ...{ id, namespace, queues },
      ...{ host: hostname(), pid: process.pid, version: programVersion() },
      ...{ artifacts: paths.artifacts, artifactsId },
    });
    ends.push(() => presence.stop());
    const metricsUrl = await observing.serve({
      ...{ pool: store.pool, models, client: createClient(connection, namespace) },
      isHealthy: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    });
    const stopPolling = () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    const ended = runToEnd(workers, stopPolling, close);
    return {
      metricsUrl,
      ended,
      async stop() {
        stopPolling();
        await ended;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** All roles end together: where one fails, a process that looks alive and does half of its work would be worse. */
async function runToEnd(workers: readonly Worker[], stopPolling: () => void, close: () => Promise<void>) {
  try {
    await allEnded(workers.map((worker) => worker.run().finally(stopPolling)));
  } finally {
    await close();
  }
}

async function connect(address: string): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(reached(address));
  } catch (error) {
    throw new UserError(
      `No Temporal server answers at ${address} (${messageOf(error)}). Start one (npx flywheel up), or give its address in TEMPORAL_ADDRESS.`,
    );
  }
}

/** The bundle that the build made, so that a worker starts in a moment; from the sources where there is none (tests). */
function workflowSource(bundle?: string): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  if (bundle !== undefined) return { workflowBundle: { codePath: bundle } };
  const codePath = join(repositoryRoot(), 'dist', 'workflow-bundle.js');
  const built = __dirname.includes(join('dist', 'src')) && existsSync(codePath);
  return built ? { workflowBundle: { codePath } } : { workflowsPath: join(repositoryRoot(), 'workflows', 'index.ts') };
}
