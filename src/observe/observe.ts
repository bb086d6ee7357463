import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Pool } from 'pg';
import type { EndpointClient } from '../models/client';
import type { ModelPool } from '../models/pool';
import { logsWithPlace } from './activities';
import { createMeters } from './metrics/meters';
import type { MetricsServer } from './metrics/server';
import { startMetrics, type MetricsSettings } from './metrics/start';
import { countStored } from './metrics/stored';
import { installRuntime } from './runtime';
import { startTracing, UNTRACED } from './tracing/start';
import { tracingWanted } from './tracing/wanted';
import type { Watch } from './watch';

/** What is seen of a worker from outside: its log, its metrics, its traces. */
export interface Observing {
  /** Makes who is told of stored rows; undefined where nobody is. */
  watched: ((pool: Pool) => Watch) | undefined;
  /** For the worker of Temporal's SDK. */
  options: Pick<WorkerOptions, 'interceptors' | 'sinks'>;
  /** The client of an endpoint, traced where traces are asked for. */
  client: (client: EndpointClient, url: string) => EndpointClient;
  /** Serves the metrics, where they are asked for, and returns their address. */
  serve(sources: Sources): Promise<string | null>;
  close(): Promise<void>;
}

interface Sources {
  pool: Pool;
  models: ModelPool;
  client: Client;
  isHealthy: () => boolean;
}

/** To be called before anything of Temporal's SDK. */
export async function startObserving(metrics: MetricsSettings | null): Promise<Observing> {
  const temporal = await installRuntime({ metrics: metrics !== null });
  const tracing = tracingWanted() ? await startTracing() : null;
  const meters = metrics && createMeters();
  let server: MetricsServer | null = null;
  return {
    watched: meters ? (pool) => countStored(meters, pool) : undefined,
    options: {
      interceptors: { activity: [logsWithPlace, ...(tracing ? [tracing.activities] : [])] },
      sinks: tracing?.sinks ?? UNTRACED,
    },
    client: tracing?.client ?? ((client) => client),
    async serve(sources) {
      if (metrics && meters) server = await startMetrics(metrics, { ...sources, meters, temporal });
      return server?.url ?? null;
    },
    async close() {
      await server?.close();
      await tracing?.close();
    },
  };
}
