import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { collectDefaultMetrics } from 'prom-client';
import type { ModelPool } from '../../models/pool';
import { readEndpoints } from './endpoints';
import type { Meters } from './meters';
import { readRuns } from './runs';
import { startMetricsServer, type MetricsServer } from './server';
import { readTemporal } from './temporal';

/** Several scrapers do not ask Postgres and Temporal more often than this. */
const FRESH_MS = 2000;

export interface MetricsSettings {
  /** `host:port`, or a port on the loopback. */
  address: string;
  token: string | null;
}

interface Sources {
  meters: Meters;
  pool: Pool;
  models: Pick<ModelPool, 'states'>;
  client: Client;
  /** Where Temporal's SDK serves its own metrics; null: nowhere. */
  temporal: string | null;
  isHealthy: () => boolean;
}

/** Serves a worker's metrics: ours, those of Node's process, and those of Temporal's SDK, at one address. */
export function startMetrics(
  { address, token }: MetricsSettings,
  { meters, pool, models, client, temporal, isHealthy }: Sources,
): Promise<MetricsServer> {
  collectDefaultMetrics({ register: meters.register });
  let reading: Promise<string> | null = null;
  const read = async (): Promise<string> => {
    readEndpoints(meters, models);
    const [sdk] = await Promise.all([
      temporal === null ? null : readTemporal(temporal),
      readRuns(meters, client, pool),
    ]);
    if (temporal !== null) meters.sourceUp.set({ source: 'temporal-sdk' }, sdk === null ? 0 : 1);
    return `${await meters.register.metrics()}${sdk ?? ''}`;
  };
  return startMetricsServer({
    address,
    token,
    isHealthy,
    read: async () => {
      if (reading === null) {
        reading = read();
        setTimeout(() => (reading = null), FRESH_MS).unref();
      }
      return { contentType: meters.register.contentType, text: await reading };
    },
  });
}

export const DEFAULT_METRICS_PORT = 9464;

/** Where metrics are to be served: by the command's option, else by FLYWHEEL_METRICS; null: nowhere. */
export function metricsSettings(
  option: string | true | undefined,
  env: NodeJS.ProcessEnv = process.env,
): MetricsSettings | null {
  const wanted = option === true ? String(DEFAULT_METRICS_PORT) : (option ?? env['FLYWHEEL_METRICS']);
  return wanted ? { address: wanted, token: env['FLYWHEEL_METRICS_TOKEN'] || null } : null;
}
