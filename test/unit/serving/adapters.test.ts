import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../../src/config/load';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { adapterServing } from '../../../src/serving/adapters';
import type { Servable, VllmConfig } from '../../../src/serving/serving';
import { closeServers, serve, type Seen } from '../models/server';

const BASE = '/models/base';
const serving = () => adapterServing({ hashOf: () => Promise.resolve('') });
const configOf = (urls: string[], change: object = {}) =>
  parseConfig(
    {
      target: { base: BASE, serve: { kind: 'vllm', urls, ...change }, adapters: 'continued' },
      ...Object.fromEntries(['sft', 'dpo', 'ppo'].map((stage) => [stage, { lora: { r: 4 } }])),
      competitors: [{ id: 'rival', url: 'sandbox:', model: 'rival' }],
      judge: { url: 'sandbox:', model: 'judge' },
      prompts: { source: ['prompts.jsonl'] },
    },
    { where: 'test', folder: '/conf' },
  ).target?.serve as VllmConfig;

test('a checkpoint that is not seen here is refused: as a folder without an adapter it would pass for its base', async () => {
  const checkpoint = { id: 'run/r1-sft-a1', label: 'r1-sft-a1', sha256: 'aa', base: BASE };
  await expect(
    serving().serve({ ...checkpoint, path: '/nowhere/run/r1-sft-a1/model' }, configOf(['http://127.0.0.1:9/v1'])),
  ).rejects.toThrow(
    'The checkpoint run/r1-sft-a1 lies in /nowhere/run/r1-sft-a1/model, which is not seen on this host',
  );
});

describe('replicas of which one is sick', () => {
  let folder: string;
  let adapter: Servable;
  beforeEach(() => {
    folder = temporaryFolder('adapters');
    const path = join(folder, 'model');
    mkdirSync(path);
    writeFileSync(join(path, 'adapter_config.json'), '{}');
    adapter = { id: 'run/r1-sft-a1', label: 'r1-sft-a1', path, sha256: 'a'.repeat(64), base: BASE };
  });
  afterEach(async () => {
    await closeServers();
    rmSync(folder, { recursive: true, force: true });
  });

  type Answer = { status: number; body: unknown } | 'hangs up';
  /** What a healthy vLLM answers, unless `odd` has another answer; loaded adapters are listed. */
  async function vllm(odd: (seen: Seen, time: number) => Answer | null = () => null) {
    const data = [{ id: 'base', root: BASE as string, parent: null as string | null }];
    const times = new Map<string, number>();
    return serve((response, seen) => {
      const path = seen.path ?? '';
      times.set(path, (times.get(path) ?? 0) + 1);
      const answer = odd(seen, times.get(path) ?? 0);
      if (answer === 'hangs up') return void response.destroy();
      if (answer) return void response.writeHead(answer.status).end(JSON.stringify(answer.body));
      const { lora_name: id, lora_path: root } = seen.body as { lora_name: string; lora_path: string };
      if (path.endsWith('/load_lora_adapter')) data.push({ id, root, parent: 'base' });
      response.end(JSON.stringify({ data }));
    });
  }
  const loads = ({ path }: Seen) => path?.endsWith('/load_lora_adapter') === true;
  const lists = ({ path }: Seen) => path?.endsWith('/models') === true;
  const error = (status: number, message: string): Answer => ({ status, body: { error: { message } } });

  it.each<[string, (seen: Seen) => Answer | null]>([
    ['hangs up when it is asked for its models', (seen) => (lists(seen) ? 'hangs up' : null)],
    ['hangs up when it is to load', (seen) => (loads(seen) ? 'hangs up' : null)],
    ['stands behind a proxy that cannot reach it', (seen) => (lists(seen) ? { status: 502, body: {} } : null)],
    ['stands behind a proxy that cannot load', (seen) => (loads(seen) ? { status: 503, body: 'busy' } : null)],
  ])('%s: the others serve', async (_, odd) => {
    const [sick, well] = [await vllm(odd), await vllm()];
    const { reach, model } = await serving().serve(adapter, configOf([sick.url, well.url]));
    expect([reach.url, ...reach.replicas]).toEqual([well.url]);
    expect(model).toBe('run/r1-sft-a1@aaaaaaaa');
  });

  it('waits for one that comes back, where there is no other', async () => {
    const once = await vllm((seen, time) => (loads(seen) && time === 1 ? { status: 503, body: {} } : null));
    const { reach } = await serving().serve(adapter, configOf([once.url]));
    expect(reach.url).toBe(once.url);
    expect(once.seen.filter(loads)).toHaveLength(2);
  });

  it('says what it met where none comes back in time', async () => {
    const { url } = await vllm((seen) => (lists(seen) ? { status: 502, body: {} } : null));
    await expect(serving().serve(adapter, configOf([url], { readySeconds: 1 }))).rejects.toThrow(
      `no vLLM server answers at ${url} after 1 s (${url}: ${url}/models answers HTTP 502)`,
    );
  });

  it('does not go round a reason that vLLM gives', async () => {
    const refuses = await vllm((seen) => (loads(seen) ? error(500, 'LoRA rank 64 is greater than 16') : null));
    const well = await vllm();
    await expect(serving().serve(adapter, configOf([refuses.url, well.url]))).rejects.toThrow(
      /did not load .* \(HTTP 500\): LoRA rank 64 is greater than 16 .*--max-lora-rank/,
    );
    const without = await vllm((seen) => (loads(seen) ? error(500, 'LoRA is not enabled. Use --enable-lora.') : null));
    await expect(serving().serve(adapter, configOf([without.url]))).rejects.toThrow(/Start vLLM with --enable-lora/);
  });

  it('takes what an engine says that has died for no verdict on the adapter', async () => {
    let dead = false;
    const dying = await vllm((seen) => {
      if (loads(seen)) dead = true;
      if (loads(seen)) return error(500, 'EngineCore encountered an issue.');
      return dead ? { status: 503, body: {} } : null;
    });
    const well = await vllm();
    const { reach } = await serving().serve(adapter, configOf([dying.url, well.url]));
    expect([reach.url, ...reach.replicas]).toEqual([well.url]);
  });
});
