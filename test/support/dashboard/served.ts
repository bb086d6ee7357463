import type { z } from '@hono/zod-openapi';
import type { ConfigInput } from '../../../src/config/schema';
import { runSchema } from '../../../src/dashboard/schemas/runs';
import { sessionSchema } from '../../../src/dashboard/schemas/session';
import { startDashboard, type DashboardSettings, type RunningDashboard } from '../../../src/dashboard/server';
import { operatedRuns, type OperatedRuns } from '../operated';
import { until } from '../until';

/** A dashboard over real Temporal and Postgres, with runs to look at; and its API. */
export interface ServedDashboard {
  runs: OperatedRuns;
  dashboard: RunningDashboard;
  /** How it is started: for one more of them. */
  settings: DashboardSettings;
  /** The address of a path of the API. */
  at(path: string): string;
  /** What the API answers, checked against its own schema; asked again while a part is pending. */
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>>;
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** A run once it stands so. */
  standing(run: string, status: string): Promise<z.infer<typeof runSchema>>;
  /** Plays an arena to its end. */
  play(run: string, config: ConfigInput): Promise<void>;
  stop(): Promise<void>;
}

export async function servedDashboard(name: string): Promise<ServedDashboard> {
  const runs = await operatedRuns(name, { latencyMs: 0 });
  const { databaseUrl, temporalAddress, paths } = runs.servers;
  const settings = {
    ...{ databaseUrl, temporalAddress, namespace: 'default' },
    ...{ uiUrl: 'http://127.0.0.1:8233', artifacts: paths.artifacts, port: 0, env: {} },
  };
  const dashboard = await startDashboard(settings).catch(async (error: unknown) => {
    await runs.stop();
    throw error;
  });
  const at = (path: string) => `${dashboard.url}/api/v1${path}`;

  async function get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    for (;;) {
      const response = await fetch(at(path));
      const body: unknown = await response.json();
      expect({ path, status: response.status, body }).toMatchObject({ status: 200 });
      if (!JSON.stringify(body).includes('"state":"pending"')) return schema.parse(body);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  return {
    ...{ runs, dashboard, settings, at, get },
    async post(path, body, headers = {}) {
      const { csrf } = await get('/session', sessionSchema);
      const response = await fetch(at(path), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf ?? '', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    async standing(run, status) {
      return until(
        () => get(`/runs/${run}`, runSchema),
        ({ row }) => row.status === status,
      );
    },
    async play(run, config) {
      await (await runs.start(run, { config }, 'arena')).result();
    },
    async stop() {
      await dashboard.close();
      await runs.stop();
    },
  };
}
