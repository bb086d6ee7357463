import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { total } from '../support/calls';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { startWorkerProcess } from '../support/worker-process';

const PROMPTS = 100;
const PLAYERS = ['poet', 'clerk', 'tutor', 'coder'] as const;
const BATTLES = (PROMPTS * PLAYERS.length * (PLAYERS.length - 1)) / 2;
/** Calls in flight at most, at each player and at the judge. */
const CONCURRENCY = 16;
/** Long enough that a SIGKILL finds the judging under way. */
const LATENCY_MS = 80;

let servers: TestServers;
let sandbox: Sandbox;
const workers: ChildProcess[] = [];

jest.setTimeout(300_000);

beforeAll(async () => {
  servers = await testServers('durability');
  sandbox = await startSandbox({ latencyMs: LATENCY_MS });
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await sandbox?.close();
  await servers?.stop();
});

async function startWorker(): Promise<ChildProcess> {
  const { paths, databaseUrl, temporalAddress } = servers;
  const settings = { home: paths.home, databaseUrl, temporalAddress, sandbox: sandbox.url };
  const logFile = join(paths.home, `worker-${workers.length + 1}.log`);
  const worker = await startWorkerProcess(settings, { logFile });
  workers.push(worker);
  return worker;
}

const count = async (table: 'answers' | 'games') =>
  (await servers.pool.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]?.n ?? 0;
/** Calls that the endpoint has seen and no row stands for. */
const unstored = async () => {
  const sent = total(sandbox.stats().calls);
  return sent - (await count('answers')) - (await count('games'));
};

it('a worker killed while judging loses no verdict and repeats no more calls than were in flight', async () => {
  const test = writePrompts(join(servers.paths.home, 'test.jsonl'), PROMPTS, 'test');
  const config = {
    name: 'killed',
    competitors: PLAYERS.map((player) => sandboxPlayer(player, CONCURRENCY)),
    judge: sandboxJudge('data-judge', CONCURRENCY),
    prompts: { source: [test] },
    evaluation: { testSet: [test], size: PROMPTS, bootstrapRounds: 100 },
    arena: { batch: 60, window: 4 },
    // Signs of life come every two seconds; one that a busy machine is late with is no death, for which calls are made again.
    heartbeat: { batchSeconds: 8 },
  };
  const first = await startWorker();
  const handle = await servers.client.workflow.start('arena', {
    workflowId: 'killed',
    taskQueue: 'flywheel',
    args: [{ config }],
  });
  while ((await count('games')) < 200) await sleep(20);

  first.kill('SIGKILL');
  await once(first, 'exit');
  // What the endpoint had in hand is given up as soon as it sees the end of the connection.
  while (sandbox.stats().inFlight > 0) await sleep(10);
  const inFlight = await unstored();
  expect(inFlight).toBeGreaterThan(0);
  expect(sandbox.stats().abandoned).toBeLessThanOrEqual((PLAYERS.length + 1) * CONCURRENCY);
  expect(await count('games')).toBeLessThan(2 * BATTLES);
  await startWorker();
  await handle.result();

  const { rows } = await servers.pool.query(
    `select count(*)::int as battles, count(outcome) filter (where outcome <> 'failed')::int as decided, (select count(*)::int from games) as games from battles`,
  );
  expect(rows[0]).toEqual({ battles: BATTLES, decided: BATTLES, games: 2 * BATTLES });
  // Bought twice: what was on its way at the kill, at the endpoint or as a reply whose row was being written; no more.
  expect(await unstored()).toBeLessThanOrEqual(inFlight);
});
