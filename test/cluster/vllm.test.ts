import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderArtifacts } from '../../src/artifacts/artifacts';
import { freePort } from '../../src/embedded/ports';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { CallError } from '../../src/models/errors';
import { createModelPool } from '../../src/models/pool';
import { baseRows } from '../../src/sandbox/pocket-english/base-rows';
import { said } from '../../src/selection/rows';
import { createServing, type ServingBackends } from '../../src/serving/backends';
import { checkReplicas } from '../../src/serving/adapters';
import type { Servable, VllmConfig } from '../../src/serving/serving';
import { vllmClient } from '../../src/serving/vllm-client';
import { describeBase } from '../../src/training/base';
import { runLocalJob } from '../../src/training/local';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { trainTinyBase } from '../support/tiny';
import { ENVIRONMENT, SMALL, startVllm, vllmBinary, type VllmServer } from '../support/vllm-server';

/** Serving on real vLLM, on CPU; skipped where it is not installed (`npm run setup:cluster`). */
const binary = vllmBinary();
const describeVllm = binary === null ? describe.skip : describe;
if (binary === null)
  process.stderr.write(
    'skipped: vLLM is not installed; `npm run setup:cluster`, or name its environment in FLYWHEEL_VLLM_PYTHON\n',
  );

jest.setTimeout(900_000);

const trainer = { python: pythonPath(), packageFolder: join(repositoryRoot(), 'trainer') };
const SAMPLING = { temperature: 0, topP: 1, maxTokens: 8 };
const MESSAGES = [{ role: 'user' as const, content: 'say hello' }];

describeVllm('serving on vLLM', () => {
  let root: string;
  let base: string;
  let serving: ServingBackends;
  let first: VllmServer;
  let second: VllmServer;
  let port: number;
  const models = createModelPool(() => Promise.reject(new Error('no sandbox here')));

  const config = (change: Partial<VllmConfig> = {}): VllmConfig => ({
    kind: 'vllm',
    urls: [first.url],
    start: null,
    key: null,
    process: null,
    concurrency: 8,
    timeoutSeconds: 60,
    retries: 1,
    requestsPerMinute: null,
    tokensPerMinute: null,
    patience: null,
    hedge: null,
    dialect: 'max_tokens',
    price: { input: 0, output: 0 },
    keep: 2,
    baseRoot: null,
    paths: null,
    readySeconds: 400,
    passEnv: Object.keys(ENVIRONMENT),
    ...change,
  });

  /** A real adapter of the base, or whole weights. */
  async function train(
    name: string,
    change: { r?: number; seed?: number; from?: string; publish?: 'adapter' | 'merged' } = {},
  ): Promise<Servable> {
    const { r = 4, seed = 1, from = base, publish = 'adapter' } = change;
    const folder = join(root, name);
    mkdirSync(folder, { recursive: true });
    const dataset = join(folder, 'rows.jsonl');
    const rows = [...baseRows({ count: 16, seed })].map(({ prompt, answer }) =>
      JSON.stringify({ prompt: [{ role: 'user', content: prompt }], completion: said(answer) }),
    );
    writeFileSync(dataset, `${rows.join('\n')}\n`);
    const { output, sha256 } = await runLocalJob(trainer, folder, {
      version: 1,
      id: name,
      kind: 'sft',
      base: from,
      dataset,
      output: join(folder, 'model'),
      seed,
      chat_template: null,
      chat_eos: null,
      launch: { device: 'cpu', threads: 1, dtype: 'float32' },
      lease: { grace_seconds: 60 },
      publish,
      hyperparameters: {
        ...{ epochs: 9, learning_rate: 3e-2, batch: 4, micro_batch: 4, max_length: 64, warmup_steps: 0 },
        ...{ scheduler: 'constant', weight_decay: 0, save_steps: 50, max_steps: 8 },
        lora: { r, alpha: 16, dropout: 0, target_modules: ['q_proj', 'v_proj', 'o_proj'] },
      },
    });
    return { id: `run/${name}`, label: name, path: output, sha256, base };
  }

  async function ask(checkpoint: Servable, change: Partial<VllmConfig> = {}, again = false): Promise<string> {
    const { reach, model } = await serving.serve(checkpoint, config(change), again);
    const client = await models.client(reach);
    return (await client.chat({ model, messages: MESSAGES, sampling: SAMPLING })).text;
  }
  const loaded = async (server = first) =>
    (await vllmClient(server.url, null).models()).map(({ id }) => id.replace(/@.*/, '')).sort();

  let adapters: Servable[];
  beforeAll(async () => {
    root = temporaryFolder('vllm');
    Object.assign(process.env, ENVIRONMENT);
    // vLLM's attention on CPU wants heads of 32 and more.
    base = await trainTinyBase(join(root, 'base'), 64);
    port = await freePort();
    const other = await freePort();
    [first, second] = await Promise.all([
      startVllm(base, port, join(root, 'vllm-1.log')),
      startVllm(base, other, join(root, 'vllm-2.log')),
    ]);
    adapters = [];
    for (const seed of [1, 2, 3, 4]) adapters.push(await train(`r1-sft-a${seed}`, { seed }));
    serving = createServing({
      ...trainer,
      folder: join(root, 'serving'),
      hashOf: async (folder) => (await describeBase(trainer, folder)).sha256,
      artifacts: folderArtifacts(root),
    });
  });
  afterAll(async () => {
    await serving?.close();
    await first?.kill();
    await second?.kill();
    rmSync(root, { recursive: true, force: true });
  });

  it('loads adapters by immutable names, answers differently from the base, and is quick', async () => {
    const [one, two] = adapters as [Servable, Servable];
    const plain: Servable = { id: 'run/I0', label: 'I0', path: base, sha256: 'base', base };
    const began = performance.now();
    const { model } = await serving.serve(one, config(), true);
    const seconds = (performance.now() - began) / 1000;
    process.stderr.write(`  deploying an adapter took ${seconds.toFixed(2)} s\n`);
    // It takes hundredths of a second here; what is promised holds on a machine that is busy, too.
    expect(seconds).toBeLessThan(5);
    expect(model).toBe(`run/r1-sft-a1@${one.sha256.slice(0, 8)}`);
    const texts = [await ask(plain), await ask(one), await ask(two)];
    expect(new Set(texts).size).toBe(3);
    // Loading is found done, also by a worker that knows nothing yet.
    expect(await ask(one, {}, true)).toBe(texts[1]);
  });

  it('keeps the newest checkpoints and those before them, and unloads what is older', async () => {
    for (const adapter of adapters) await ask(adapter);
    expect(await loaded()).toEqual(['base', 'run/r1-sft-a2', 'run/r1-sft-a3', 'run/r1-sft-a4']);
    // A rollback goes to a checkpoint that is loaded still; the oldest leaves for one that was unloaded.
    await ask(adapters[1] as Servable, {}, true);
    await ask(adapters[0] as Servable, {}, true);
    expect(await loaded()).toEqual(['base', 'run/r1-sft-a1', 'run/r1-sft-a2', 'run/r1-sft-a4']);
  });

  it('checks each of several replicas, and goes on with those that are up', async () => {
    const urls = [first.url, second.url];
    const { reach } = await serving.serve(adapters[3] as Servable, config({ urls }), true);
    expect([reach.url, ...reach.replicas]).toEqual(urls);
    expect(await loaded(second)).toContain('run/r1-sft-a4');
    const dead = `http://127.0.0.1:${await freePort()}/v1`;
    const half = await serving.serve(adapters[3] as Servable, config({ urls: [dead, second.url] }), true);
    expect([half.reach.url, ...half.reach.replicas]).toEqual([second.url]);
  });

  it('refuses in one sentence: another base, too high a rank, a path that is not there, a name that is taken', async () => {
    const otherBase = await trainTinyBase(join(root, 'other-base'), 96);
    await expect(ask({ ...(adapters[0] as Servable), id: 'run/x', base: otherBase })).rejects.toThrow(
      /serves .*base\/model \(sha256 .*\), and training starts from .*other-base.* \(sha256/,
    );
    await expect(ask({ ...(adapters[0] as Servable), id: 'run/y', base: '/elsewhere' })).rejects.toThrow(
      /target\.base: the files of \/elsewhere could not be read/,
    );
    await expect(ask(await train('r1-sft-a8', { r: 32 }))).rejects.toThrow(/did not load .*rank/i);
    const wrong = await train('r1-sft-a9', { from: otherBase });
    await expect(ask(wrong)).rejects.toThrow(/did not load run\/r1-sft-a9/);
    const gone = { ...(await train('r1-sft-a7')), path: join(root, 'r1-sft-a7', 'model') };
    await expect(ask(gone, { paths: { here: root, there: '/not/mounted' }, baseRoot: base })).rejects.toThrow(
      /did not load .*\/not\/mounted/,
    );
    const taken = adapters[3] as Servable;
    await ask(taken, {}, true);
    const moved = `${taken.path}-moved`;
    renameSync(taken.path, moved);
    await expect(ask({ ...taken, path: moved }, {}, true)).rejects.toThrow(/somebody else used this name/);
    renameSync(moved, taken.path);
  });

  it('is found to take adapters before a run begins, and keeps nothing of the question', async () => {
    const before = await loaded();
    await checkReplicas(config({ urls: [first.url, second.url] }), base, (folder) => Promise.resolve(folder));
    expect(await loaded()).toEqual(before);
    expect(await first.isUp()).toBe(true);
  });

  it('goes on when a server is killed and started again in the middle of a batch', async () => {
    const adapter = adapters[2] as Servable;
    let done = 0;
    const restarts: Promise<void>[] = [];
    const one = async (again = false): Promise<string> => {
      // With the default's retries: a server that dies is healthy for another moment.
      const { reach, model } = await serving.serve(adapter, config({ retries: 6 }), again);
      const client = await models.client(reach);
      return (await client.chat({ model, messages: MESSAGES, sampling: SAMPLING })).text;
    };
    const asked = Array.from({ length: 48 }, async () => {
      // As the battle's activity does it (activities/play.ts): once more, with nothing taken for granted, where nobody answered or it was not known.
      const text = await one().catch((error: unknown) => {
        if (!CallError.isInstance(error) || !['connection', 'not-found'].includes(error.kind)) throw error;
        return one(true);
      });
      if (++done === 12)
        restarts.push(
          first.kill().then(async () => {
            first = await startVllm(base, port, join(root, 'vllm-1.log'), false);
          }),
        );
      return text;
    });
    await Promise.allSettled(asked);
    await Promise.all(restarts);
    expect(restarts).toHaveLength(1);
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(await loaded()).toContain('run/r1-sft-a3');
  });

  it('starts a server for whole weights beside the old one, and ends those beyond the kept', async () => {
    await second.kill();
    const whole = [];
    for (const seed of [5, 6, 7]) whole.push(await train(`r1-dpo-a${seed}`, { seed, publish: 'merged' }));
    const start = [binary ?? '', 'serve', '{path}', '--served-model-name', '{name}', '--port', '{port}', ...SMALL];
    const blueGreen = { urls: [], start, keep: 1 };
    const [blue, green, red] = whole as [Servable, Servable, Servable];
    const urlOf = async (checkpoint: Servable) => (await serving.serve(checkpoint, config(blueGreen))).reach.url;
    const isUp = (url: string) => vllmClient(url, null).isHealthy();
    const before = await ask(blue, blueGreen);
    await ask(green, blueGreen);
    // Both answer while the newest is kept with one before it.
    expect(await ask(blue, blueGreen)).toBe(before);
    const [ofGreen, ofBlue] = [await urlOf(green), await urlOf(blue)];
    expect([await isUp(ofGreen), await isUp(ofBlue)]).toEqual([true, true]);
    // The third one is the newest, blue was used last before it: green goes.
    const ofRed = await urlOf(red);
    expect([await isUp(ofGreen), await isUp(ofBlue), await isUp(ofRed)]).toEqual([false, true, true]);
    expect(await ask(blue, blueGreen)).toBe(before);
    // Such a server was started without LoRA, which is found before a run would load its first adapter there.
    await expect(
      checkReplicas(config({ urls: [ofBlue] }), blue.path, (folder) => Promise.resolve(folder)),
    ).rejects.toThrow(/takes no adapters .*LoRA is not enabled.* Start vLLM with --enable-lora/);
    expect(await isUp(ofBlue)).toBe(true);
  });
});
