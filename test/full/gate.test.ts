import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigInput } from '../../src/config/schema';
import { prepareDemo } from '../../src/demo/prepare';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { checkpointsOf } from '../../src/store/artifacts';
import { loadRun } from '../../src/store/runs';
import { startWorker } from '../../src/worker';
import type { FinishedStep, FlywheelState } from '../../workflows/types';
import { testServers, type TestServers } from '../support/servers';

/**
 * What a gate is for, with real weights: the demo's model, really trained, really served, its battles judged by the sandbox's two judges.
 */
let servers: TestServers;
let sandbox: Sandbox;
let demo: { config: ConfigInput; folder: string };
const { FLYWHEEL_PYTHON } = process.env;

jest.setTimeout(3_600_000);

beforeAll(async () => {
  servers = await testServers('gate');
  sandbox = await startSandbox();
  const options = { seed: 0, rounds: 1, overoptimise: true, paths: servers.paths, db: servers.pool };
  demo = (await prepareDemo({ ...options, say: () => undefined })) as typeof demo;
});

afterAll(async () => {
  if (FLYWHEEL_PYTHON === undefined) delete process.env['FLYWHEEL_PYTHON'];
  else process.env['FLYWHEEL_PYTHON'] = FLYWHEEL_PYTHON;
  await sandbox?.close();
  await servers?.stop();
});

/** Runs a configuration to its end and returns its finished steps by label. */
async function play(run: string, config: ConfigInput): Promise<Map<string, FinishedStep>> {
  const worker = await startWorker({ ...servers, defaults: { config, folder: demo.folder }, sandbox: sandbox.url });
  try {
    await servers.client.workflow.execute('flywheel', { workflowId: run, taskQueue: 'flywheel', args: [{}] });
  } finally {
    await worker.stop();
  }
  const state = (await loadRun(servers.pool, run))?.state as FlywheelState;
  return new Map(state.finished.map((step) => [`${step.round}-${step.stage}`, step]));
}

/** A Python that breaks what SFT trains (random_weights_trainer.py), as `FLYWHEEL_PYTHON` names one. */
function breakingPython(folder: string): string {
  const file = join(folder, 'breaking-python');
  const script = join(repositoryRoot(), 'test', 'full', 'random_weights_trainer.py');
  const python = pythonPath();
  writeFileSync(
    file,
    `#!/bin/sh\n[ "$2" = flywheel_trainer ] && exec '${python}' '${script}' "$@"\nexec '${python}' "$@"\n`,
    { mode: 0o755 },
  );
  return file;
}

it('keeps out a PPO that games the data judge, and the round goes on with its parent', async () => {
  const steps = await play('hacked', demo.config);
  const [parent, hacked, end] = ['1-dpo', '1-ppo', '1-round'].map((label) => steps.get(label));
  // The judge that selects the data likes it better, the one that evaluates much less.
  expect(hacked?.dataRating?.rating).toBeGreaterThan(parent?.dataRating?.rating ?? Infinity);
  expect(hacked?.rating?.rating).toBeLessThan(parent?.rating?.lower ?? -Infinity);
  expect(hacked?.decision).toBe('keep');
  expect(hacked?.gate?.upper).toBeLessThan(0.5);
  expect(hacked?.model).toEqual(parent?.model);
  expect(end?.model).toEqual(parent?.model);
  const checkpoints = await checkpointsOf(servers.pool, 'hacked');
  const rejected = checkpoints.filter(({ status }) => status === 'rejected').map(({ id }) => id);
  expect(rejected).toEqual(expect.arrayContaining(['hacked/r1-ppo-a1', 'hacked/r1-reward-a1']));
});

it('keeps out random weights, and the next stage starts from the parent', async () => {
  process.env['FLYWHEEL_PYTHON'] = breakingPython(servers.paths.home);
  const { config } = demo;
  const steps = await play('broken', {
    ...config,
    name: 'broken',
    stages: ['sft', 'dpo'],
    prompts: { ...config.prompts, sliceSize: 200 },
    gate: { ...config.gate, prompts: 100 },
    evaluation: { ...config.evaluation, size: 100, after: 'round', dataJudge: false },
  });
  const [broken, next] = [steps.get('1-sft'), steps.get('1-dpo')];
  expect(broken?.decision).toBe('keep');
  expect(broken?.gate?.upper).toBeLessThan(0.25);
  expect(broken?.model.label).toBe('I0');
  const checkpoints = await checkpointsOf(servers.pool, 'broken');
  expect(checkpoints.find(({ id }) => id === 'broken/r1-dpo-a1')?.parent).toBe('broken/I0');
  expect(next?.gate?.opponent).toBe('I0');
});
