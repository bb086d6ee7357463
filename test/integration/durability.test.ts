import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryRoot } from '../../src/embedded/paths';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';

const PROMPTS = 100;
const PLAYERS = ['poet', 'clerk', 'tutor', 'coder'] as const;
const BATTLES = (PROMPTS * PLAYERS.length * (PLAYERS.length - 1)) / 2;
/** Judge calls in flight at most. */
const CONCURRENCY = 16;
/** Long enough that a SIGKILL finds the judging under way. */
const LATENCY_MS = 80;

let servers: TestServers;
let sandbox: Sandbox;
const workers: ChildProcess[] = [];

jest.setTimeout(180_000);

beforeAll(async () => {
  servers = await testServers('durability');
  sandbox = await startSandbox({ latencyMs: LATENCY_MS });
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await sandbox?.close();
  await servers?.stop();
});

/** Starts a worker process and waits until it polls. */
async function startWorkerProcess(): Promise<ChildProcess> {
  const settings = {
    home: servers.paths.home,
    databaseUrl: servers.databaseUrl,
    temporalAddress: servers.temporalAddress,
    sandbox: sandbox.url,
  };
  const args = ['-r', './test/support/typescript.cjs', 'test/integration/worker-process.ts', JSON.stringify(settings)];
  const worker = spawn(process.execPath, args, { cwd: repositoryRoot(), stdio: ['ignore', 'pipe', 'inherit'] });
  workers.push(worker);
  await once(worker.stdout, 'data');
  return worker;
}

const games = async () =>
  (await servers.pool.query<{ n: number }>('select count(*)::int as n from games')).rows[0]?.n ?? 0;
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, n) => total + n, 0);

it('a worker killed while judging loses no verdict and repeats no more calls than were in flight', async () => {
  const test = writePrompts(join(servers.paths.home, 'test.jsonl'), PROMPTS, 'test');
  const config = {
    name: 'killed',
    competitors: PLAYERS.map((player) => sandboxPlayer(player, CONCURRENCY)),
    judge: sandboxJudge('data-judge', CONCURRENCY),
    prompts: { source: [test] },
    evaluation: { testSet: [test], size: PROMPTS, bootstrapRounds: 100 },
    arena: { batch: 60, window: 4 },
    heartbeat: { batchSeconds: 3 },
  };
  const first = await startWorkerProcess();
  const handle = await servers.client.workflow.start('arena', {
    workflowId: 'killed',
    taskQueue: 'flywheel',
    args: [{ config }],
  });
  while ((await games()) < 200) await sleep(20);

  first.kill('SIGKILL');
  const { inFlight } = sandbox.stats();
  await once(first, 'exit');
  const stored = await games();
  expect(stored).toBeLessThan(2 * BATTLES);
  await startWorkerProcess();
  await handle.result();

  const { rows } = await servers.pool.query(
    `select count(*)::int as battles, count(outcome) filter (where outcome <> 'failed')::int as decided, (select count(*)::int from games) as games from battles`,
  );
  expect(rows[0]).toEqual({ battles: BATTLES, decided: BATTLES, games: 2 * BATTLES });
  // Bought twice: what was on its way at the kill, at the endpoint or as a reply whose row was being written.
  expect(inFlight).toBeGreaterThan(0);
  expect(sum(sandbox.stats().repeated)).toBeLessThanOrEqual(inFlight + CONCURRENCY);
});
