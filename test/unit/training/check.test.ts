import { rmSync } from 'node:fs';
import { checkConfig } from '../../../src/config/check';
import { launchOf } from '../../../src/config/launch';
import { parseConfig } from '../../../src/config/load';
import type { TrainingConfig } from '../../../src/config/schema';
import type { VllmConfig } from '../../../src/serving/serving';
import { createModelPool } from '../../../src/models/pool';
import { checkReplicas } from '../../../src/serving/adapters';
import { createTraining } from '../../../src/training/backends';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { repositoryRoot } from '../../../src/embedded/paths';
import { join } from 'node:path';
import { closeServers, serve, type Handler } from '../models/server';

/** What a run's first activity and `flywheel doctor` find out about training and serving before anything is spent. */
const minimal = {
  target: { base: '/models/base' },
  competitors: [{ id: 'rival', url: 'sandbox:', model: 'rival' }],
  judge: { url: 'sandbox:', model: 'judge' },
  prompts: { source: ['prompts.jsonl'] },
};
const parse = (change: object) => parseConfig({ ...minimal, ...change }, { where: 'test', folder: '/conf' });
const reply =
  (status: number, body: unknown): Handler =>
  (response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));

afterAll(closeServers);

describe('training elsewhere', () => {
  let artifacts: string;
  beforeEach(() => (artifacts = temporaryFolder('check')));
  afterEach(() => rmSync(artifacts, { recursive: true, force: true }));
  const check = async (training: TrainingConfig) => {
    const backends = createTraining({ python: 'python', packageFolder: join(repositoryRoot(), 'trainer'), artifacts });
    await (await backends.of(training)).check([artifacts]);
  };
  const ray = (url: string, change: object = {}) => parse({ training: { kind: 'ray', url, ...change } }).training;
  const at = async (handler: Handler) => (await serve(handler)).url.replace(/\/v1$/, '');

  it('says where nobody answers, and who answers without being Ray', async () => {
    await expect(check(ray('http://127.0.0.1:9'))).rejects.toThrow(
      /training\.url: nobody answers at http:\/\/127\.0\.0\.1:9 .*Start Ray's head/,
    );
    const other = await at(reply(200, '<html>'));
    await expect(check(ray(other))).rejects.toThrow(/answers, but not as Ray's dashboard/);
  });

  it('says that a Ray is too old, or refuses access', async () => {
    const old = await at(reply(200, { version: '1', ray_version: '2.4.0' }));
    await expect(check(ray(old))).rejects.toThrow(/is 2\.4\.0; 2\.9 or newer is needed/);
    const closed = await at(reply(401, 'no'));
    await expect(check(ray(closed))).rejects.toThrow(/refused access \(HTTP 401\): set training\.key/);
    await expect(check(ray(closed, { key: 'env:NO_SUCH_KEY' }))).rejects.toThrow(/NO_SUCH_KEY is not set/);
  });

  it("says what is wrong with a scheduler's commands", async () => {
    const commands = (status: string[], submit = ['sbatch', '{folder}']) =>
      parse({ training: { kind: 'command', submit, status, cancel: ['scancel', '{name}'] } }).training;
    await expect(check(commands(['no-such-squeue', '{name}']))).rejects.toThrow(/no program no-such-squeue/);
    await expect(check(commands([process.execPath, '-e', 'process.exit(1)']))).rejects.toThrow(
      /training\.status: .*failed/,
    );
    await expect(check(commands([process.execPath, '-e', '0'], ['sbatch', '{foldr}']))).rejects.toThrow(
      /training\.submit: \{foldr\} in "\{foldr\}" is no placeholder/,
    );
    await check(commands([process.execPath, '-e', '0']));
  });

  it('asks nothing of this machine', async () => {
    await check(parse({}).training);
  });
});

describe('vLLM', () => {
  const vllm = (urls: string[], change: object = {}) => {
    const lora = { r: 8 };
    const config = parse({
      target: { base: '/models/base', adapters: 'continued', serve: { kind: 'vllm', urls, ...change } },
      sft: { lora },
      dpo: { lora },
      ppo: { lora },
    });
    return config.target?.serve as VllmConfig;
  };
  const hashOf = (folder: string) => Promise.resolve(folder === '/models/base' ? 'a'.repeat(64) : 'b'.repeat(64));
  /** A server of the base that refuses an adapter that it does not see as vLLM 0.32 does, or in another way. */
  const models =
    (root: string, refusal?: { status: number; body: unknown }): Handler =>
    (response, seen, index) => {
      const { lora_path: folder } = seen.body as { lora_path?: string };
      const unseen = { error: { message: `Loading lora x failed: No adapter found for ${folder}` } };
      const answer = seen.path?.endsWith('/load_lora_adapter')
        ? (refusal ?? { status: 404, body: unseen })
        : { status: 200, body: { data: [{ id: 'base', root, parent: null }] } };
      reply(answer.status, answer.body)(response, seen, index);
    };
  const check = (config: VllmConfig) => checkReplicas(config, '/models/base', hashOf);

  it('must answer, with the base that is trained', async () => {
    await expect(check(vllm(['http://127.0.0.1:9/v1']))).rejects.toThrow(
      /no vLLM answers at http:\/\/127\.0\.0\.1:9\/v1/,
    );
    const { url } = await serve(models('/models/base'));
    await check(vllm([url]));
    const elsewhere = (await serve(models('/mnt/qwen'))).url;
    await expect(check(vllm([elsewhere]))).rejects.toThrow(/set target\.serve\.baseRoot: \/mnt\/qwen/);
    await check(vllm([elsewhere], { baseRoot: '/mnt/qwen' }));
    await check(vllm([elsewhere], { paths: { here: '/models/base', there: '/mnt/qwen' } }));
    const another = (await serve(models(repositoryRoot()))).url;
    await expect(check(vllm([url, another]))).rejects.toThrow(/sha256 bbbbbbbbbbbb.*sha256 aaaaaaaaaaaa/);
  });

  it.each<[string, { status: number; body: unknown }, RegExp]>([
    ['without runtime updating', { status: 404, body: { detail: 'Not Found' } }, /takes no adapters \(HTTP 404/],
    [
      'without --enable-lora',
      { status: 500, body: { error: { message: 'LoRA is not enabled. Use --enable-lora to enable LoRA.' } } },
      /takes no adapters .*LoRA is not enabled.* Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME/,
    ],
    ['behind a proxy that does not reach it', { status: 502, body: '<html>' }, /no vLLM answers at .*HTTP 502/],
  ])('must take adapters before anything is spent: %s', async (_, refusal, sentence) => {
    await expect(check(vllm([(await serve(models('/models/base', refusal))).url]))).rejects.toThrow(sentence);
  });

  it('is asked again where it is away for the moment', async () => {
    await expect(check(vllm([(await serve(reply(503, 'starting'))).url]))).rejects.toThrow(
      /no vLLM answers at .*\/models answers HTTP 503\)\. Start it there/,
    );
    await expect(check(vllm([(await serve(reply(404, 'no'))).url]))).rejects.toThrow(/HTTP 404, as no vLLM does/);
  });

  it.each<[string, object, RegExp]>([
    [
      'adapters that are merged',
      { serve: { kind: 'vllm', urls: ['http://gpu/v1'] } },
      /set target\.adapters: continued/,
    ],
    ['neither urls nor start', { serve: { kind: 'vllm' } }, /takes urls .* or start/],
    ['a stage without lora', { adapters: 'continued' }, /sft\.lora: is needed in every stage/],
  ])('refuses %s', (_name, target, sentence) => {
    expect(() => parse({ target: { base: '/models/base', ...target } })).toThrow(sentence);
  });
});

describe('programs', () => {
  it('that start servers of checkpoints must be there', async () => {
    const problems = async (program: string) => {
      const start = [program, 'serve', '{path}', '--served-model-name', '{name}', '--port', '{port}'];
      const config = parse({ target: { base: '/models/base', serve: { kind: 'vllm', start } } });
      const artifacts = temporaryFolder('programs');
      const found = await checkConfig(
        config,
        createModelPool(() => Promise.reject(new Error('no sandbox here'))),
        {
          backends: createTraining({ python: 'python', packageFolder: join(repositoryRoot(), 'trainer'), artifacts }),
          artifacts,
          hashOf: () => Promise.resolve(''),
        },
      );
      rmSync(artifacts, { recursive: true, force: true });
      return found.map(({ sentence }) => sentence).filter((sentence) => sentence.startsWith('target.serve'));
    };
    expect(await problems('no-such-vllm')).toEqual([
      'target.serve.start: there is no program no-such-vllm on this machine; give its whole path, or mend PATH where the worker starts.',
    ]);
    expect(await problems(process.execPath)).toEqual([]);
  });
});

describe('processes', () => {
  it('divide the batch, and PPO takes one unless its own settings say more', () => {
    const ray = (change: object) => ({ kind: 'ray', url: 'http://ray:8265', ...change });
    expect(() => parse({ training: ray({ gpus: 8 }), sft: { batch: 100 } })).toThrow(
      /sft\.batch: 100 must be a multiple/,
    );
    expect(() => parse({ training: ray({ gpus: 8 }), sft: { microBatch: 32 } })).toThrow(/multiple of microBatch/);
    expect(() => parse({ training: ray({ stages: { ppo: { processes: 3 } } }) })).toThrow(
      /ppo\.minibatch: 32 must be a multiple of processes x nodes \(3\)/,
    );
    const { training } = parse({ training: ray({ gpus: 8 }) });
    expect(launchOf(training, 'ppo').world).toBe(1);
    expect(launchOf(parse({ training: ray({ stages: { ppo: { processes: 4 } } }) }).training, 'ppo').world).toBe(4);
    parse({ training: ray({ gpus: 8 }) });
    parse({ training: ray({ stages: { ppo: { processes: 2 } } }), ppo: { algorithm: 'rloo' } });
  });
});
