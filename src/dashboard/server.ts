import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { serve, type ServerType } from '@hono/node-server';
import { Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { createArtifacts } from '../artifacts/artifacts';
import { createClient } from '../codec/client';
import { repositoryRoot } from '../embedded/paths';
import { UserError } from '../errors';
import { reached } from '../temporal/environment';
import { programVersion } from '../version';
import { createApp } from './app';
import { createHeavy } from './heavy/heavy';
import { warmUp } from './read/warm-up';
import { createAccess } from './security/access';
import { hostCheck, isLoopback } from './security/hosts';
import { createSoonStore } from './soon';
import type { DashboardDeps } from './deps';

export interface DashboardSettings {
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  /** Base address of the Temporal UI; null where nobody told it. */
  uiUrl: string | null;
  /** Root of datasets, jobs and checkpoints. */
  artifacts: string;
  /** The bucket of which that is a cache; default: none. */
  artifactsS3?: string | null;
  /** Default: loopback. */
  host?: string;
  /** Default: 7373, or any free one where it is taken; 0: any free one. A port that is given is used or refused. */
  port?: number;
  /** Holds FLYWHEEL_DASHBOARD_TOKEN, FLYWHEEL_DASHBOARD_ORIGIN and FLYWHEEL_PAYLOAD_KEY; default: this process's. */
  env?: NodeJS.ProcessEnv;
  onError?: (error: unknown) => void;
}

export interface RunningDashboard {
  url: string;
  close(): Promise<void>;
}

export const DASHBOARD_PORT = 7373;
const LEAST_TOKEN = 16;

/**
 * Serves the dashboard: its API and its pages.
 * @throws UserError beyond loopback without a token; when the port is taken.
 */
export async function startDashboard(settings: DashboardSettings): Promise<RunningDashboard> {
  const { databaseUrl, temporalAddress, namespace, uiUrl, artifacts, host = '127.0.0.1', env = process.env } = settings;
  const { token, origins } = guardOf(host, env);
  const pool = new Pool({ connectionString: databaseUrl, max: 6, application_name: 'arena-flywheel dashboard' });
  pool.on('error', () => undefined);
  // Without retries of its own: pages ask again, and a retry that is due after the end would end the process.
  const connection = Connection.lazy({ ...reached(temporalAddress, env), interceptors: [] });
  const heavy = createHeavy(databaseUrl);
  const ending = new AbortController();
  const deps: DashboardDeps = {
    pool,
    temporal: {
      client: createClient(connection, namespace, env),
      ui: uiUrl === null ? null : `${uiUrl}/namespaces/${namespace}/workflows`,
    },
    artifacts: createArtifacts({ artifacts, artifactsS3: settings.artifactsS3 ?? null }),
    soon: createSoonStore(),
    heavy,
  };
  const app = createApp(deps, {
    access: createAccess(token),
    isOurs: hostCheck(host, origins),
    version: programVersion(),
    secure: origins.some((origin) => origin.startsWith('https:')),
    pages: join(repositoryRoot(), 'dist', 'web'),
    ending: ending.signal,
    onError: settings.onError ?? ((error) => void process.stderr.write(`dashboard: ${String(error)}\n`)),
  });
  const close = async (server: ServerType | null) => {
    ending.abort();
    if (server)
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    await heavy.close();
    await connection.close().catch(() => undefined);
    await pool.end();
  };
  try {
    const server = await listen(app.fetch, host, settings.port);
    void warmUp(deps).catch(() => undefined);
    const { port } = server.address() as AddressInfo;
    return { url: `http://${shownHost(host)}:${port}`, close: () => close(server) };
  } catch (error) {
    await close(null);
    throw error;
  }
}

/** The token and the public origins, from the environment. */
function guardOf(host: string, env: NodeJS.ProcessEnv): { token: string | null; origins: string[] } {
  const token = env['FLYWHEEL_DASHBOARD_TOKEN'] || null;
  const origins = (env['FLYWHEEL_DASHBOARD_ORIGIN'] ?? '').split(/[\s,]+/).filter(Boolean);
  for (const origin of origins)
    if (!/^https?:\/\/[^/\s]+$/.test(origin))
      throw new UserError(
        `FLYWHEEL_DASHBOARD_ORIGIN holds ${JSON.stringify(origin)}, which is no origin such as https://flywheel.example.com.`,
      );
  if (token !== null && token.length < LEAST_TOKEN)
    throw new UserError(
      `FLYWHEEL_DASHBOARD_TOKEN has ${token.length} characters; give it ${LEAST_TOKEN} or more, for example from \`openssl rand -hex 24\`.`,
    );
  if (token === null && (!isLoopback(host) || origins.length > 0))
    throw new UserError(
      `The dashboard at ${origins[0] ?? host} can be reached from elsewhere, so it needs a token: set FLYWHEEL_DASHBOARD_TOKEN (for example \`openssl rand -hex 24\`), or listen on 127.0.0.1.`,
    );
  return { token, origins };
}

type Fetch = Parameters<typeof serve>[0]['fetch'];

async function listen(fetch: Fetch, hostname: string, port: number | undefined): Promise<ServerType> {
  const at = (number: number) =>
    new Promise<ServerType>((resolve, reject) => {
      const server = serve({ fetch, hostname, port: number }, () => resolve(server));
      server.once('error', reject);
    });
  try {
    return await at(port ?? DASHBOARD_PORT);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && port === undefined) return at(0);
    if (code === 'EADDRINUSE') throw new UserError(`The port ${port} is taken: give the dashboard another one.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES')
      throw new UserError(`The dashboard cannot listen on ${hostname}:${port ?? DASHBOARD_PORT} (${code}).`);
    throw error;
  }
}

/** An address that a browser on this machine can open. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
