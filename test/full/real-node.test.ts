import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { startWorker, type RunningWorker } from '../../src/worker';
import { testServers, type TestServers } from '../support/servers';
import { tinyConfig, trainTinyBase, writePrompts } from '../support/tiny';

/** A node that holds either the model server or the trainer, both real: the checkpoints' server is ended for each training, and comes back. */
let servers: TestServers;
let sandbox: Sandbox;
let worker: RunningWorker;

jest.setTimeout(300_000);

beforeAll(async () => {
  servers = await testServers('real-node');
  sandbox = await startSandbox();
  worker = await startWorker({ ...servers, sandbox: sandbox.url });
});

afterAll(async () => {
  await worker?.stop();
  await sandbox?.close();
  await servers?.stop();
});

/** Command lines of this machine's processes that work for this test: they name its folder. */
const mine = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return command.includes(servers.paths.home) ? [command] : [];
      } catch {
        return [];
      }
    });

it('a real model server and a real trainer take turns', async () => {
  const { home } = servers.paths;
  const test = writePrompts(join(home, 'test.jsonl'), 12, 'test');
  const pool = writePrompts(join(home, 'pool.jsonl'), 3 * 16 + 4 * 10, 'train');
  const tiny = tinyConfig({ base: await trainTinyBase(join(home, 'base')), pool, test });
  const process = { group: { name: 'node', units: 1 } };
  const config = {
    ...tiny,
    stages: ['sft', 'dpo'],
    groups: { node: 1 },
    arena: { ...tiny.arena, order: 'phased' },
    target: tiny.target && { ...tiny.target, serve: { ...tiny.target.serve, process } },
    training: { ...tiny.training, process },
  };
  const seen = { serving: 0, training: 0, both: 0 };
  const look = setInterval(() => {
    const commands = mine();
    const serving = commands.some((command) => command.includes('-m flywheel_trainer.serve'));
    const training = commands.some((command) => /-m flywheel_trainer \S/.test(command));
    seen.serving += Number(serving);
    seen.training += Number(training);
    seen.both += Number(serving && training);
  }, 50);
  try {
    const args = [{ config }];
    const result: unknown = await servers.client.workflow.execute('flywheel', {
      ...{ workflowId: 'node', taskQueue: 'flywheel', args },
    });
    expect(result).toMatchObject({ rounds: 1 });
  } finally {
    clearInterval(look);
  }
  expect(seen.serving).toBeGreaterThan(20);
  expect(seen.training).toBeGreaterThan(20);
  expect(seen.both).toBe(0);
});
