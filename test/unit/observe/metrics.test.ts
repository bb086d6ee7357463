import { bounded, createMeters } from '../../../src/observe/metrics/meters';
import { parseAddress, startMetricsServer } from '../../../src/observe/metrics/server';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { readRuns } from '../../../src/observe/metrics/runs';
import { countStored } from '../../../src/observe/metrics/stored';
import { metricsSettings } from '../../../src/observe/metrics/start';

describe('the meters', () => {
  it('are named by the conventions of Prometheus', async () => {
    const units =
      /_(total|seconds|dollars|calls|calls_per_second|round|stage|steps|rating|lower|upper|up|ejected|paused|attention)$/;
    for (const { name, help, type } of await createMeters().register.getMetricsAsJSON()) {
      expect(name).toMatch(/^flywheel(_[a-z]+)+$/);
      expect(name).toMatch(units);
      expect(help).toMatch(/\.$/);
      expect(name.endsWith('_total')).toBe(String(type) === 'counter');
    }
  });

  it('keep the values of a label within a bound', () => {
    const label = bounded(2);
    expect(['a', 'b', 'c', 'a', 'd', 'b'].map(label)).toEqual(['a', 'b', 'other', 'a', 'other', 'b']);
  });
});

describe('counting', () => {
  const attempt = {
    run: 'r',
    purpose: 'training',
    party: 'p',
    promptTokens: 10,
    completionTokens: 5,
    usd: 0.5,
    milliseconds: 2000,
    error: null,
  };
  const totals = async (rows: (typeof attempt)[]) => {
    const meters = createMeters();
    const pool = { query: () => Promise.resolve({ rows: [{ role: 'player', name: 'poet' }] }) } as unknown as Pool;
    await countStored(meters, pool).attempts(rows);
    const of = async (counter: typeof meters.cost | typeof meters.tokens) =>
      (await counter.get()).values.map(({ labels, value }) => ({ ...labels, value }));
    return { cost: await of(meters.cost), tokens: await of(meters.tokens) };
  };

  const who = { run: 'r', purpose: 'training', role: 'player', party: 'poet' };

  it('adds up under the names of the players', async () => {
    const { cost, tokens } = await totals([attempt, attempt]);
    expect(cost).toEqual([{ ...who, value: 1 }]);
    expect(tokens).toEqual([
      { ...who, kind: 'input', value: 20 },
      { ...who, kind: 'output', value: 10 },
    ]);
  });

  it('takes what is no number for nothing', async () => {
    const { cost, tokens } = await totals([{ ...attempt, promptTokens: NaN, usd: -1 }, attempt]);
    expect(cost).toEqual([{ ...who, value: 0.5 }]);
    expect(tokens.map(({ value }) => value)).toEqual([10, 10]);
  });
});

describe('gauges of runs', () => {
  interface Listed {
    workflowId: string;
    attention: boolean;
  }
  /** Temporal and Postgres as far as they are asked which runs are open, and what these have spent. */
  const sources = (runs: Listed[]) => ({
    client: {
      withDeadline: (_: number, body: () => Promise<void>) => body(),
      workflow: {
        list: () =>
          runs.map(({ workflowId, attention }) => ({
            ...{ workflowId, type: 'flywheel' },
            typedSearchAttributes: {
              get: ({ name }: { name: string }) => (name === 'NeedsAttention' ? attention : null),
            },
          })),
      },
    } as unknown as Client,
    pool: {
      query: ({ name }: { name: string }) =>
        Promise.resolve({
          rows:
            name === 'metrics-accounts'
              ? runs.map(({ workflowId: run }) => ({ run, usd: 1, capUsd: 2, paused: false, steps: 3 }))
              : runs.map(({ workflowId: run }) => ({ run, model: 'poet', rating: 1000, lower: 990, upper: 1010 })),
        }),
    } as unknown as Pool,
  });

  it('keep their names in a worker that has seen many runs: one that waits for a decision is told as itself', async () => {
    const meters = createMeters();
    for (let run = 0; run < 200; run++) meters.labels.run(`old-${run}`);
    const { client, pool } = sources([
      { workflowId: 'waits', attention: true },
      { workflowId: 'goes-on', attention: false },
    ]);
    await readRuns(meters, client, pool);
    const told = async (gauge: typeof meters.attention | typeof meters.rating) =>
      (await gauge.get()).values.map(({ labels, value }) => [labels.run, value]);
    expect(await told(meters.attention)).toEqual([
      ['waits', 1],
      ['goes-on', 0],
    ]);
    for (const gauge of [meters.round, meters.spent, meters.budget, meters.paused, meters.rating])
      expect((await told(gauge)).map(([run]) => run)).toEqual(['waits', 'goes-on']);
    await readRuns(meters, sources([]).client, pool);
    expect(await told(meters.attention)).toEqual([]);
  });
});

describe('where metrics are served', () => {
  it.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('%s', (address, expected) => {
    expect(parseAddress(address)).toEqual(expected);
  });

  it.each(['', 'metrics', '127.0.0.1:', '1.2.3.4:70000', 'http://a:1'])('refuses %j', (address) => {
    expect(() => parseAddress(address)).toThrow("The metrics' address must be a port or host:port");
  });

  it('comes from the option, else from the environment', () => {
    expect(metricsSettings(undefined, {})).toBeNull();
    expect(metricsSettings(undefined, { FLYWHEEL_METRICS: '' })).toBeNull();
    expect(metricsSettings(true, { FLYWHEEL_METRICS: '1' })).toEqual({ address: '9464', token: null });
    expect(metricsSettings('7', { FLYWHEEL_METRICS: '1' })?.address).toBe('7');
    expect(metricsSettings(undefined, { FLYWHEEL_METRICS: '1', FLYWHEEL_METRICS_TOKEN: 't' })).toEqual({
      ...{ address: '1', token: 't' },
    });
  });
});

describe('the server of metrics', () => {
  let healthy = true;
  const options = {
    isHealthy: () => healthy,
    read: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'flywheel_up 1\n' }),
  };

  it('listens beyond loopback only with a token', async () => {
    await expect(startMetricsServer({ ...options, address: '0.0.0.0:0', token: null })).rejects.toThrow(
      'set FLYWHEEL_METRICS_TOKEN',
    );
  });

  it('says which address is taken', async () => {
    const first = await startMetricsServer({ ...options, address: '0', token: null });
    const { port } = new URL(first.url);
    await expect(startMetricsServer({ ...options, address: port, token: null })).rejects.toThrow(
      `The metrics cannot be served at 127.0.0.1:${port}`,
    );
    await first.close();
  });

  it('answers /metrics to the token, /healthz to anybody, and nothing else', async () => {
    const server = await startMetricsServer({ ...options, address: '127.0.0.1:0', token: 'a secret' });
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(new URL(path, server.url), init);
      return [response.status, await response.text()];
    };
    const right = { headers: { authorization: 'Bearer a secret' } };
    expect(await ask('/metrics', right)).toEqual([200, 'flywheel_up 1\n']);
    expect((await ask('/metrics', { headers: { authorization: 'Bearer another' } }))[0]).toBe(401);
    expect((await ask('/metrics'))[0]).toBe(401);
    expect(await ask('/healthz')).toEqual([200, 'ok\n']);
    healthy = false;
    expect((await ask('/healthz'))[0]).toBe(503);
    expect((await ask('/'))[0]).toBe(404);
    expect((await ask('/metrics', { ...right, method: 'POST' }))[0]).toBe(405);
    await server.close();
  });
});
