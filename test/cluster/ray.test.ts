import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { stepsIn } from '../../chaos/job';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { sendSignal } from '../../src/embedded/process';
import { readJson } from '../../src/files';
import { sha256 } from '../../src/identity';
import { baseRows } from '../../src/sandbox/pocket-english/base-rows';
import { said } from '../../src/selection/rows';
import { TrainingError } from '../../src/training/errors';
import type { Job, JobProgress, JobResult } from '../../src/training/job';
import { runLocalJob } from '../../src/training/local';
import { describeBase } from '../../src/training/base';
import { sharePackage } from '../../src/training/package';
import { rayBackend, type RayTraining } from '../../src/training/ray';
import { runJob } from '../../src/training/run-job';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { rayCluster, rayPython, type RayCluster } from '../support/ray-cluster';
import { trainTinyBase } from '../support/tiny';
import { describeTrainingContract } from '../support/training-contract';

/** Training on a real Ray cluster of two nodes, started here; skipped where Ray is not installed (`npm run setup:cluster`). */
const python = rayPython();
const describeRay = python === null ? describe.skip : describe;
if (python === null)
  process.stderr.write(
    'skipped: Ray is not installed; `npm run setup:cluster`, or name its environment in FLYWHEEL_RAY_PYTHON\n',
  );

jest.setTimeout(600_000);

const settings = (url: string, change: Partial<RayTraining> = {}): RayTraining => ({
  kind: 'ray',
  url,
  key: null,
  process: null,
  python: python ?? '',
  device: 'cpu',
  dtype: 'float32',
  threads: 1,
  graceSeconds: 5,
  processes: null,
  nodes: 1,
  accelerate: null,
  gradientCheckpointing: false,
  cpus: 1,
  gpus: 0,
  memoryGb: null,
  stages: {},
  ...change,
});

describeRay('training on Ray', () => {
  let root: string;
  let cluster: RayCluster;
  let node: { kill(): Promise<void> };
  let base: string;
  let shared: string;

  beforeAll(async () => {
    root = temporaryFolder('ray');
    cluster = await rayCluster(python ?? '', join(root, 'cluster'));
    node = await cluster.addNode(2);
    base = await trainTinyBase(join(root, 'base'));
    shared = await sharePackage(join(repositoryRoot(), 'trainer'), join(root, 'artifacts'));
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  describeTrainingContract(
    'ray',
    (parts) => rayBackend(settings(cluster.url, { python: parts.python, graceSeconds: 5 }), parts.packageFolder),
    { seconds: 240 },
  );

  /** Supervised fine-tuning of a tiny model: some seconds of real steps. */
  function sftJob(folder: string, change: Partial<Job> = {}): Job {
    mkdirSync(folder, { recursive: true });
    const dataset = join(root, 'rows.jsonl');
    const rows = [...baseRows({ count: 64, seed: 3 })].map(({ prompt, answer }) =>
      JSON.stringify({ prompt: [{ role: 'user', content: prompt }], completion: said(answer) }),
    );
    writeFileSync(dataset, `${rows.join('\n')}\n`);
    return {
      version: 1,
      id: 'ray/r1-sft-a1',
      kind: 'sft',
      base,
      dataset,
      output: join(folder, 'model'),
      seed: 1,
      chat_template: null,
      chat_eos: null,
      launch: { device: 'cpu', threads: 1, dtype: 'float32', processes: 1, nodes: 1 },
      lease: { grace_seconds: 60 },
      hyperparameters: {
        ...{ epochs: 500, learning_rate: 1e-3, batch: 4, micro_batch: 4, max_length: 64, warmup_steps: 2 },
        ...{ scheduler: 'constant', weight_decay: 0, save_steps: 20, max_steps: 400, lora: null },
      },
      ...change,
    };
  }
  const weights = (folder: string) => sha256(readFileSync(join(folder, 'model', 'model.safetensors')));

  /** As the activity does it: a failure that may pass is tried again, so many times. */
  async function persistently(attempt: () => Promise<JobResult>, attempts: number): Promise<JobResult> {
    for (let left = attempts; ; left--) {
      try {
        return await attempt();
      } catch (error) {
        if (!TrainingError.isInstance(error) || !error.retryable || left <= 1) throw error;
        process.stderr.write(`  tried again after: ${error.message.slice(0, 300)}\n`);
        await sleep(10_000);
      }
    }
  }

  it("outlives kill -9 of the job, of its node and of the head, with weights bit-equal to the local backend's", async () => {
    const local = join(root, 'local');
    const expected = await runLocalJob(
      { python: pythonPath(), packageFolder: join(repositoryRoot(), 'trainer') },
      local,
      sftJob(local),
    );

    const folder = join(root, 'remote');
    // Two CPUs: only the second node has so many, the head goes on without it.
    const backend = rayBackend(settings(cluster.url, { cpus: 2 }), shared);
    const killed: string[] = [];
    const kills = [
      {
        at: 30,
        name: 'job',
        async kill() {
          const lock = await readJson<{ pid: number }>(join(folder, 'lock.json'));
          sendSignal(lock?.pid ?? 0, 'SIGKILL');
        },
      },
      {
        at: 130,
        name: 'node',
        async kill() {
          await node.kill();
          node = await cluster.addNode(2);
        },
      },
      {
        at: 250,
        name: 'head',
        async kill() {
          await cluster.head().kill();
          await node.kill();
          await cluster.startHead();
          node = await cluster.addNode(2);
        },
      },
    ];
    let disturbing: Promise<void> = Promise.resolve();
    const onProgress = ({ step }: JobProgress) => {
      const next = kills[killed.length];
      if (!next || step < next.at) return;
      killed.push(next.name);
      disturbing = next.kill();
    };
    const result = await persistently(() => runJob(backend, folder, sftJob(folder), { onProgress }), 20);
    await disturbing;
    expect(killed).toEqual(['job', 'node', 'head']);
    expect(result.steps).toBe(400);
    expect(weights(folder)).toBe(weights(local));
    expect(result.metrics['loss']).toBe(expected.metrics['loss']);
  });

  it('is asked before a run whether its nodes see the artifacts and the base as they are here, and have the packages', async () => {
    const trainer = { python: pythonPath(), packageFolder: join(repositoryRoot(), 'trainer') };
    const { sha256: ours } = await describeBase(trainer, base);
    const model = (of: string) => ({ path: base, sha256: () => Promise.resolve(of) });
    await rayBackend(settings(cluster.url), shared).check([root], model(ours));
    await expect(rayBackend(settings(cluster.url), shared).check([root], model('ab'.repeat(32)))).rejects.toThrow(
      /cannot train: \S+ on the node .* holds other files .* than here \(sha256 abababababab\)/,
    );
    await expect(rayBackend(settings(cluster.url), join(root, 'another')).check([root])).rejects.toThrow(
      /does not see \S+\/another; mount it there/,
    );
    await expect(rayBackend(settings(cluster.url), shared).check(['/not/mounted'])).rejects.toThrow(
      /cannot train: the node .* does not see \/not\/mounted; mount it there/,
    );
    await expect(rayBackend(settings(cluster.url, { python: '/usr/bin/python3' }), shared).check([])).rejects.toThrow(
      /\/usr\/bin\/python3.* lacks torch/,
    );
  });

  it('trains over two nodes, a launcher in each', async () => {
    const folder = join(root, 'spread');
    const launch = { device: 'cpu' as const, threads: 1, dtype: 'float32' as const, processes: 1, nodes: 2 };
    const job = sftJob(folder, { launch });
    job.hyperparameters = { ...job.hyperparameters, micro_batch: 2, max_steps: 6 };
    const result = await runJob(rayBackend(settings(cluster.url, { nodes: 2, processes: 1 }), shared), folder, job);
    expect(result.steps).toBe(6);
  });

  it("reserves memory on both nodes, and stops both at a checkpoint where Ray's own stop ends the job", async () => {
    const folder = join(root, 'spread and stopped');
    const launch = { device: 'cpu' as const, threads: 1, dtype: 'float32' as const, processes: 1, nodes: 2 };
    const job = sftJob(folder, { launch });
    // Nothing is saved on the way: who is not given the time to write a checkpoint begins again.
    job.hyperparameters = { ...job.hyperparameters, micro_batch: 2, max_steps: 300, save_steps: 1000 };
    const backend = rayBackend(settings(cluster.url, { nodes: 2, processes: 1, memoryGb: 0.5 }), shared);
    let reserved = '';
    const disturbances: Promise<void>[] = [];
    async function disturb(): Promise<void> {
      const groups = await request(`${cluster.url}/api/v0/placement_groups?detail=1`);
      reserved = JSON.stringify(await groups.body.json());
      const { handle } = (await readJson<{ handle: string }>(join(folder, 'start.json'))) ?? { handle: '' };
      await backend.stop({ folder, job, name: handle, handle, logs: {} });
    }
    const onProgress = () => void (disturbances.length === 0 && disturbances.push(disturb()));
    const result = await runJob(backend, folder, job, { onProgress });
    await Promise.all(disturbances);
    expect(reserved.match(/"memory":536870912\b/g)?.length).toBeGreaterThanOrEqual(2);
    expect(await readJson<{ number: number }>(join(folder, 'start.json'))).toMatchObject({ number: 2 });
    expect(result.steps).toBe(300);
    expect(await stepsIn(folder)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });
});
