import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigInput } from '../../src/config/schema';
import { freePort } from '../../src/embedded/ports';
import { checkpointsOf, datasetsOf } from '../../src/store/artifacts';
import { gatesOf } from '../../src/store/results';
import { loadRun } from '../../src/store/runs';
import { vllmClient } from '../../src/serving/vllm-client';
import { startWorker, type RunningWorker } from '../../src/worker';
import type { FlywheelState } from '../../workflows/types';
import { rayCluster, rayPython, type RayCluster } from '../support/ray-cluster';
import { testServers, type TestServers } from '../support/servers';
import { tinyConfig, trainTinyBase, writePrompts } from '../support/tiny';
import { ENVIRONMENT, startVllm, vllmBinary, type VllmServer } from '../support/vllm-server';

/**
 * A run whose first round has trained and served beside its worker, and whose second does so on real Ray and real vLLM: only
 * addresses of its configuration change. Skipped where one of them is not installed (`npm run setup:cluster`).
 */
const python = rayPython();
const installed = python !== null && vllmBinary() !== null;
if (!installed)
  process.stderr.write(
    'skipped: a run that moves to a cluster needs Ray and vLLM; `npm run setup:cluster`, or name their environments in FLYWHEEL_RAY_PYTHON and FLYWHEEL_VLLM_PYTHON\n',
  );

jest.setTimeout(900_000);

(installed ? describe : describe.skip)('a run that moves from a laptop to a cluster', () => {
  const run = 'moved';
  let servers: TestServers;
  let worker: RunningWorker;
  let cluster: RayCluster;
  let vllm: VllmServer;
  let base: string;
  let laptop: ConfigInput;

  beforeAll(async () => {
    Object.assign(process.env, ENVIRONMENT);
    servers = await testServers('move');
    const { home } = servers.paths;
    const pool = writePrompts(join(home, 'pool.jsonl'), 2 * 2 * 16 + 6 * 10, 'train');
    const test = writePrompts(join(home, 'test.jsonl'), 12, 'test');
    // vLLM's attention on CPU wants heads of 32 and more.
    base = await trainTinyBase(join(home, 'base'), 64);
    const tiny = tinyConfig({ base, pool, test });
    const lora = { r: 4, alpha: 16, dropout: 0, targetModules: ['q_proj', 'v_proj', 'o_proj'] };
    laptop = {
      ...tiny,
      stages: ['sft', 'dpo'],
      // One that goes on in both rounds is wanted here, not a good one.
      gate: { ...tiny.gate, rule: 'not-worse', margin: 0.5 },
      evaluation: { ...tiny.evaluation, after: 'round' },
      target: { ...tiny.target, base, adapters: 'continued' },
      // Dealt for both rounds at once: a split is frozen with a run's first start.
      prompts: { source: [pool], sliceSize: 16, slices: 4, gateReserve: 60 },
      sft: { ...tiny.sft, lora },
      dpo: { ...tiny.dpo, lora },
    };
    vllm = await startVllm(base, await freePort(), join(home, 'vllm.log'));
    cluster = await rayCluster(python ?? '', join(home, 'cluster'));
    worker = await startWorker({ ...servers, defaults: null });
  });

  afterAll(async () => {
    await worker?.stop();
    await cluster?.stop();
    await vllm?.kill();
    await servers?.stop();
  });

  const start = (config: ConfigInput) =>
    servers.client.workflow.start('flywheel', { workflowId: run, taskQueue: 'flywheel', args: [{ config }] });

  /** All that was paid for or made so far, by its keys. */
  async function made() {
    const { rows: games } = await servers.pool.query(
      'select judge, prompt, first, second, text from games order by 1, 2, 3, 4',
    );
    const { rows: answers } = await servers.pool.query('select player, prompt, text from answers order by 1, 2');
    const checkpoints = await checkpointsOf(servers.pool, run);
    const datasets = await datasetsOf(servers.pool, run);
    return { games, answers, checkpoints, datasets };
  }

  it('keeps all that it has, buys nothing again, and goes on where its addresses say', async () => {
    expect(await (await start({ ...laptop, rounds: 1 })).result()).toMatchObject({ rounds: 1 });
    const before = await made();
    expect(before.checkpoints.map(({ id }) => id).sort()).toEqual(['moved/I0', 'moved/r1-dpo-a1', 'moved/r1-sft-a1']);

    const onCluster: ConfigInput = {
      ...laptop,
      rounds: 2,
      target: {
        ...laptop.target,
        base,
        serve: { kind: 'vllm', urls: [vllm.url], concurrency: 8, keep: 4, readySeconds: 60 },
      },
      training: { kind: 'ray', url: cluster.url, python: python ?? '', device: 'cpu', graceSeconds: 20 },
    };
    expect(await (await start(onCluster)).result()).toMatchObject({ rounds: 2 });

    const after = await made();
    for (const key of ['games', 'answers', 'checkpoints', 'datasets'] as const)
      expect(after[key]).toEqual(expect.arrayContaining(before[key]));
    const { rows } = await servers.pool.query<{ n: number }>(
      `select count(*)::int as n from ledger where run = $1 and purpose <> 'canary'`,
      [run],
    );
    // A call for each answer and each game, and none twice.
    expect(rows[0]?.n).toBe(after.games.length + after.answers.length);
    const state = (await loadRun(servers.pool, run))?.state as FlywheelState | undefined;
    expect(state?.finished.map(({ round, stage, attempt }) => `${round} ${stage} ${attempt}`)).toEqual([
      ...['0 start 1', '1 sft 1', '1 dpo 1', '1 round 1'],
      ...['2 sft 1', '2 dpo 1', '2 round 1'],
    ]);
    expect((await gatesOf(servers.pool, run)).length).toBe(6);

    // Who trained: Ray knows the jobs of the second round alone.
    const jobs = (await (await fetch(`${cluster.url}/api/jobs/`)).json()) as { metadata: { flywheel_job?: string } }[];
    const trained = jobs.map(({ metadata }) => metadata.flywheel_job ?? '').filter((job) => job.startsWith(run));
    expect(trained.sort()).toEqual(['moved/r2-dpo-a1', 'moved/r2-sft-a1']);
    // Who answered: the adapters of both rounds are loaded in vLLM, the parent of the second among them.
    const loaded = (await vllmClient(vllm.url, null).models()).map(({ id }) => id.replace(/@.*/, '')).sort();
    expect(loaded).toEqual(expect.arrayContaining(['base', 'moved/r1-dpo-a1', 'moved/r2-dpo-a1', 'moved/r2-sft-a1']));
    expect(readFileSync(join(servers.paths.home, 'vllm.log'), 'utf8')).toContain('/v1/chat/completions');
  });
});
