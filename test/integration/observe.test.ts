import { spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/ports';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { updates } from '../../workflows/messages';
import { alertQueries, dashboardQueries, metricsIn } from '../support/queries';
import { prometheus, startPrometheus } from '../support/prometheus';
import { promtool } from '../support/promtool';
import { startCollector } from '../support/trace-collector';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { until } from '../support/until';
import { startWorkerProcess } from '../support/worker-process';

/**
 * What a worker, a process of its own, tells Prometheus, a collector of traces and its log, checked against what stands in Postgres: real Temporal, real
 * Postgres, scripted players and judges.
 */
let collector: Awaited<ReturnType<typeof startCollector>>;
let servers: TestServers;
let sandbox: Sandbox;
let worker: ChildProcess;
let address: string;
let logFile: string;
const PROMPTS = 20;
const TOKEN = 'a token of the test';

beforeAll(async () => {
  collector = await startCollector();
  servers = await testServers('observe');
  sandbox = await startSandbox();
  address = `127.0.0.1:${await freePort()}`;
  logFile = join(servers.paths.home, 'worker.log');
  const { databaseUrl, temporalAddress } = servers;
  worker = await startWorkerProcess(
    {
      home: servers.paths.home,
      databaseUrl,
      temporalAddress,
      sandbox: sandbox.url,
      metrics: { address, token: TOKEN },
    },
    {
      logFile,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        FLYWHEEL_LOG: 'json',
      },
    },
  );
});

afterAll(async () => {
  worker?.kill('SIGKILL');
  await sandbox?.close();
  await servers?.stop();
  await collector?.close();
});

async function scrape(): Promise<string> {
  const response = await fetch(`http://${address}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The sum of a metric's samples whose labels hold all of these. */
function sum(text: string, metric: string, labels: Record<string, string> = {}): number {
  const samples = text.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return samples
    .filter((line) => wanted.every((pair) => line.includes(pair)))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

it('tells of a run while it waits and what it did when it is done', async () => {
  const prompts = writePrompts(join(servers.paths.home, 'prompts.jsonl'), PROMPTS, 'test');
  const config = {
    name: 'board',
    competitors: [sandboxPlayer('scholar'), sandboxPlayer('poet')],
    judge: sandboxJudge('data-judge'),
    prompts: { source: [prompts] },
    budget: { usd: 0.000_001 },
  };
  const handle = await servers.client.workflow.start('arena', {
    workflowId: 'board',
    taskQueue: 'flywheel',
    args: [{ config }],
  });
  const waiting = await until(scrape, (text) => sum(text, 'flywheel_run_needs_attention', { run: 'board' }) === 1);
  expect(sum(waiting, 'flywheel_run_stage', { run: 'board', workflow: 'arena', stage: 'start' })).toBe(1);
  expect(sum(waiting, 'flywheel_run_budget_dollars', { run: 'board' })).toBe(0.000_001);
  expect(sum(waiting, 'flywheel_run_cost_dollars', { run: 'board' })).toBeGreaterThan(0);

  await handle.executeUpdate(updates.setBudget, { args: [{ usd: 50 }] });
  await handle.result();
  const over = { workflow_type: 'arena' };
  const text = await until(
    scrape,
    (now) =>
      sum(now, 'flywheel_run_stage', { run: 'board' }) === 0 && sum(now, 'temporal_workflow_completed_total', over) > 0,
  );

  // The same as the database says: nothing is missing, nothing counted twice.
  const { rows } = await servers.pool.query<{
    calls: number;
    tokens: number;
    usd: number;
    judged: number;
    battles: number;
  }>(
    `select (select count(*)::int from ledger where run = 'board') as calls,
            (select sum(prompt_tokens + completion_tokens)::int from ledger where run = 'board') as tokens,
            (select sum(usd)::float8 from ledger where run = 'board') as usd,
            (select count(*)::int from games) as judged,
            (select count(*)::int from battles where outcome is not null) as battles`,
  );
  const [stored] = rows;
  expect(stored).toMatchObject({ judged: 2 * PROMPTS, battles: PROMPTS });
  expect(sum(text, 'flywheel_calls_total', { run: 'board', purpose: 'evaluation' })).toBe(stored?.calls);
  expect(sum(text, 'flywheel_calls_total', { outcome: 'ok', role: 'judge', party: 'data-judge' })).toBe(2 * PROMPTS);
  expect(sum(text, 'flywheel_calls_total', { outcome: 'ok', role: 'player', party: 'poet' })).toBe(PROMPTS);
  const tokens =
    sum(text, 'flywheel_tokens_total', { kind: 'input' }) + sum(text, 'flywheel_tokens_total', { kind: 'output' });
  expect(tokens).toBe(stored?.tokens);
  expect(sum(text, 'flywheel_cost_dollars_total')).toBeCloseTo(stored?.usd ?? NaN, 9);
  expect(sum(text, 'flywheel_games_total', { judge: 'data-judge' })).toBe(2 * PROMPTS);
  expect(sum(text, 'flywheel_battles_total', { run: 'board' })).toBe(PROMPTS);
  expect(sum(text, 'flywheel_call_duration_seconds_count')).toBe(stored?.calls);
  expect(sum(text, 'flywheel_endpoint_window_calls')).toBeGreaterThanOrEqual(8);
  expect(sum(text, 'flywheel_endpoint_in_flight_calls')).toBe(0);
  // An arena is over when its leaderboard is there; its ratings are still told.
  const board = await servers.pool.query<{ rating: number }>(
    "select (body -> 'table' -> 'models' -> 0 ->> 'rating')::float8 as rating from leaderboards where run = 'board'",
  );
  expect(sum(text, 'flywheel_rating', { run: 'board', model: 'scholar' })).toBe(board.rows[0]?.rating);
  for (const source of ['temporal', 'postgres', 'temporal-sdk'])
    expect(sum(text, 'flywheel_metrics_source_up', { source })).toBe(1);
  // Temporal's own stand beside ours.
  expect(sum(text, 'temporal_workflow_completed_total', over)).toBe(1);
  expect(
    sum(text, 'temporal_activity_execution_latency_seconds_count', { activity_type: 'playBatch' }),
  ).toBeGreaterThan(0);
  expect(sum(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  // What the dashboard and the alerts ask of Temporal and Node is there under these names; ours are checked in test/unit/deploy.
  const asked = [...dashboardQueries(), ...alertQueries()].flatMap(({ query }) => metricsIn(query));
  const theirs = [...new Set(asked)].filter((name) => !name.startsWith('flywheel_'));
  expect(theirs.length).toBeGreaterThan(5);
  expect(theirs.filter((name) => !text.includes(`\n${name}{`) && !text.includes(`\n${name} `))).toEqual([]);
});

const check = promtool ? it : it.skip;
check(`is text that promtool accepts${promtool ? '' : ' (promtool is not installed)'}`, async () => {
  const { status, stdout, stderr } = spawnSync(promtool ?? '', ['check', 'metrics'], {
    input: await scrape(),
    encoding: 'utf8',
  });
  // Temporal's own names are not ours to lint: what it says of them does not count.
  const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('flywheel_'));
  expect(ours).toEqual([]);
  expect([0, 3]).toContain(status);
});

const scraped = prometheus ? it : it.skip;
scraped(
  `is read by Prometheus itself, whose answers fill the dashboard${prometheus ? '' : ' (prometheus is not installed)'}`,
  async () => {
    const server = await startPrometheus(join(servers.paths.home, 'prometheus'), address, TOKEN);
    try {
      const text = await scrape();
      const has = (metric: string) => text.includes(`\n${metric}{`) || text.includes(`\n${metric} `);
      // No run is open any more, and no call has failed.
      const asked = dashboardQueries().filter(
        ({ query }) => metricsIn(query).every(has) && !query.includes('outcome!="ok"'),
      );
      expect(asked.length).toBeGreaterThan(20);
      for (const { title, query } of asked) {
        // Nothing is there for as long as a scrape came too late.
        const { status, error } = await until(
          () => server.query(query),
          (answer) => answer.status !== 'success' || answer.data.result.length > 0,
        ).catch((reason: Error) => ({ status: 'empty', error: reason.message }));
        expect({ title, status, error }).toEqual({ title, status: 'success' });
      }
      const healthOf = async () => {
        const { data } = await server.get<{ data: { groups: { rules: { health: string }[] }[] } }>('rules');
        return data.groups.flatMap(({ rules }) => rules.map((rule) => rule.health));
      };
      // `unknown` until each was evaluated once.
      const health = await until(healthOf, (all) => !all.includes('unknown'));
      expect(health).toEqual(alertQueries().map(() => 'ok'));
    } finally {
      server.stop();
    }
  },
);

it('has traced the run down to each call, without a word of what was said', async () => {
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill('SIGTERM');
  expect(await ended).toBe(0);
  const spans = collector.spans();
  const named = (prefix: string) => spans.filter(({ name }) => name.startsWith(prefix));
  const [root, ...more] = named('RunWorkflow:arena');
  expect(more).toEqual([]);
  expect(root).toMatchObject({
    ...{ parentSpanId: '', service: 'arena-flywheel', status: 0 },
    attributes: { 'flywheel.run': 'board', 'flywheel.ended': 'completed' },
  });
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([root?.traceId]));

  const activities = named('RunActivity:');
  expect(activities.map(({ parentSpanId }) => parentSpanId)).toEqual(activities.map(() => root?.spanId));
  const batches = named('RunActivity:playBatch');
  expect(batches[0]?.attributes).toMatchObject({
    'flywheel.run': 'board',
    'flywheel.round': 0,
    'flywheel.stage': 'start',
  });
  // The one that met the cap.
  expect(batches.filter(({ status }) => status === 2).map(({ attributes }) => attributes['error.type'])).toEqual([
    'BudgetReached',
  ]);

  const chats = named('chat ');
  expect(new Set(chats.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set(batches.map(({ spanId }) => spanId)));
  const { rows } = await servers.pool.query<{ calls: number; input: number; output: number }>(
    `select count(*)::int as calls, sum(prompt_tokens)::int as input, sum(completion_tokens)::int as output
       from ledger where run = 'board'`,
  );
  const answered = chats.filter(({ status }) => status === 0);
  const sumOf = (name: string) => answered.reduce((total, { attributes }) => total + Number(attributes[name]), 0);
  expect({
    calls: answered.length,
    input: sumOf('gen_ai.usage.input_tokens'),
    output: sumOf('gen_ai.usage.output_tokens'),
  }).toEqual(rows[0]);
  expect(answered.find(({ name }) => name === 'chat data-judge')).toMatchObject({
    kind: 3, // client
    attributes: {
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'data-judge' },
      ...{
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.request.max_tokens': 200,
        'server.address': '127.0.0.1',
      },
      ...{ 'flywheel.run': 'board', 'flywheel.attempts': 1 },
    },
  });
  const said = await servers.pool.query<{ text: string }>('select text from answers union select text from games');
  expect(said.rows.length).toBeGreaterThan(PROMPTS);
  const sent = collector.text();
  expect(said.rows.filter(({ text }) => text.length > 12 && sent.includes(text))).toEqual([]);
});

it('has logged each event as one JSON object with its run and place', () => {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.find(({ event }) => event === 'attention')).toMatchObject({ level: 'warn', run: 'board' });
  expect(lines.find(({ event }) => event === 'setBudget')).toMatchObject({ level: 'info', run: 'board' });
  expect(lines.find(({ arena }) => arena === 'board/I0/evaluation')).toMatchObject({
    ...{ level: 'info', run: 'board', round: 0, stage: 'start', activityType: 'reportArena', battles: PROMPTS },
  });
});
