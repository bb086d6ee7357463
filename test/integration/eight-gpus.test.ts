import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import type { Config, ConfigInput } from '../../src/config/schema';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { freePort } from '../../src/embedded/ports';
import { processStart } from '../../src/embedded/process';
import { progressQuery } from '../../workflows/messages';
import type { Progress } from '../../workflows/types';
import { scriptedFiles } from '../support/scripted';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';
import { startWorkerProcess } from '../support/worker-process';

/**
 * examples/8-gpu as it stands, on a machine without GPUs: `vllm` is fake-vllm.cjs, a process that answers by script and notes who is on
 * the node; the trainer is scripted. Real are Temporal, Postgres, the worker processes that are killed, and everything that starts and ends
 * servers.
 */
let servers: TestServers;
let node: string;
let env: Record<string, string>;
const workers: ChildProcess[] = [];

jest.setTimeout(300_000);

beforeAll(async () => {
  servers = await testServers('eight-gpus');
  node = join(servers.paths.home, 'node');
  const programs = join(node, 'bin');
  mkdirSync(programs, { recursive: true });
  const fake = `'${process.execPath}' '${join(__dirname, '..', 'support', 'fake-vllm.cjs')}' '${node}'`;
  writeFileSync(join(programs, 'vllm'), `#!/bin/sh\nexec ${fake} "$@"\n`, { mode: 0o755 });
  const trainer = join(repositoryRoot(), 'chaos', 'scripted_trainer.py');
  writeFileSync(
    join(programs, 'python'),
    `#!/bin/sh\n[ "$2" = flywheel_trainer ] && ${fake} take trainer 8 $$\nSCRIPTED_HOLD='${hold()}' exec '${pythonPath()}' '${trainer}' "$@"\n`,
    { mode: 0o755 },
  );
  writeFileSync(
    join(node, 'models.json'),
    JSON.stringify({
      ...{ 'openchat-3.5': 'poet', 'command-r': 'tutor', 'qwen2.5-72b': 'coder', '*': 'clerk' },
      ...{ 'llama-3.3-70b': 'data-judge', 'mistral-large': 'evaluation-judge' },
    }),
  );
  env = {
    FLYWHEEL_PYTHON: join(programs, 'python'),
    PATH: [programs, process.env['PATH'] ?? ''].join(delimiter),
  };
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await servers?.stop();
});

async function startWorker(): Promise<ChildProcess> {
  const { databaseUrl, temporalAddress, paths } = servers;
  const worker = await startWorkerProcess(
    { home: paths.home, databaseUrl, temporalAddress, sandbox: '' },
    { logFile: join(node, `worker-${workers.length}.log`), env },
  );
  workers.push(worker);
  return worker;
}

async function kill(worker: ChildProcess): Promise<void> {
  worker.kill('SIGKILL');
  await once(worker, 'exit');
}

/** The example with ports of this machine's, and everything smaller. */
async function example(): Promise<ConfigInput> {
  const { home } = servers.paths;
  const asWritten = JSON.stringify(await loadConfig(join(repositoryRoot(), 'examples', '8-gpu', 'flywheel.yaml')));
  let text = asWritten;
  for (const port of [8101, 8102, 8103, 8111, 8112]) text = text.replaceAll(String(port), String(await freePort()));
  const config = JSON.parse(text) as Config;
  const { base, pool, test } = scriptedFiles(home);
  const small = { batch: 2, maxSteps: 6, threshold: [0] };
  return {
    ...config,
    stages: ['sft'],
    target: config.target && { ...config.target, base },
    evaluation: { ...config.evaluation, testSet: [test], size: 12, bootstrapRounds: 100 },
    prompts: { ...config.prompts, source: [pool], sliceSize: 16, slices: 3, gateReserve: 60 },
    gate: { ...config.gate, prompts: 20 },
    sft: { ...config.sft, ...small },
    arena: { ...config.arena, batch: 24, window: 3 },
    heartbeat: { batchSeconds: 3, trainingSeconds: 3 },
  };
}

/** While this file is there no training gets to its end. */
const hold = () => join(node, 'hold');
const read = (file: string) => (existsSync(join(node, file)) ? readFileSync(join(node, file), 'utf8') : '');
const starts = () => read('starts').split('\n').filter(Boolean);
/** Who is on the node now. */
const there = () =>
  (existsSync(join(node, 'alive')) ? readdirSync(join(node, 'alive')) : [])
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(read(join('alive', file))) as { name: string; pid: number; start: string })
    .filter(({ pid, start }) => processStart(pid) === start)
    .map(({ name }) => name);

it('runs on one node in turns, never two on the same GPUs, through kills of its worker, and leaves nothing behind', async () => {
  const first = await startWorker();
  const handle = await servers.client.workflow.start('flywheel', {
    ...{ workflowId: 'eight', taskQueue: 'flywheel' },
    args: [{ config: await example() }],
  });
  /** Waits for a start, which stays noted; who looks late finds it, too. */
  const isStarted = (name: string) =>
    until(
      async () => ({ started: starts(), said: (await handle.query<Progress>(progressQuery)).lastProblem }),
      ({ started, said }) => {
        if (said !== null) throw new Error(said);
        return started.includes(name);
      },
    );

  writeFileSync(hold(), '');
  await isStarted('mistral-large');
  await kill(first);
  const second = await startWorker();
  // Its own servers die with a worker; the trainer goes on, holds the node, and is joined.
  await isStarted('trainer');
  await kill(second);
  const third = await startWorker();
  expect(there()).toContain('trainer');
  rmSync(hold());
  await handle.result();

  expect(read('violations')).toBe('');
  expect(new Set(starts())).toEqual(
    new Set([
      ...['openchat-3.5', 'command-r', 'qwen2.5-72b', 'llama-3.3-70b', 'mistral-large', 'trainer'],
      ...[expect.stringMatching(/^eight\/I0@/), expect.stringMatching(/^eight\/r1-sft-a1@/)],
    ]),
  );
  // One training, and no player was started for each batch anew.
  expect(starts().filter((name) => name === 'trainer')).toHaveLength(1);
  expect(starts().length).toBeLessThan(24);

  third.kill('SIGTERM');
  await once(third, 'exit');
  expect(there()).toEqual([]);
  const { rows } = await servers.pool.query('select name from group_leases');
  expect(rows).toEqual([]);
});
