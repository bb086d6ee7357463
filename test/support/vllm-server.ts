import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { processCommand, sendSignal, waitUntil } from '../../src/embedded/process';

/** The environment that has vLLM; null where there is none. `npm run setup:cluster` makes it. */
export function vllmBinary(): string | null {
  const named = process.env['FLYWHEEL_VLLM_PYTHON'] ?? join(__dirname, '..', '..', '.venv-vllm');
  const folder = existsSync(join(named, 'bin')) ? join(named, 'bin') : join(named, '..');
  const binary = join(folder, 'vllm');
  return existsSync(binary) ? binary : null;
}

/** What makes vLLM as small as it can be and still be real. */
export const SMALL = ['--max-model-len', '128', '--dtype', 'float32', '--enforce-eager', '--host', '127.0.0.1'];
export const ENVIRONMENT = {
  VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True',
  VLLM_CPU_KVCACHE_SPACE: '1',
  HF_HUB_OFFLINE: '1',
  VLLM_NO_USAGE_STATS: '1',
};

/** A real vLLM server on CPU, with adapters allowed. */
export interface VllmServer {
  url: string;
  isUp(): Promise<boolean>;
  /** SIGKILL to all of its processes. */
  kill(): Promise<void>;
}

export async function startVllm(base: string, port: number, log: string, wait = true): Promise<VllmServer> {
  const out = openSync(log, 'a');
  const child = spawn(
    vllmBinary() ?? '',
    [
      ...['serve', base, '--served-model-name', 'base', '--port', String(port), ...SMALL],
      ...['--enable-lora', '--max-loras', '2', '--max-cpu-loras', '8', '--max-lora-rank', '16'],
    ],
    { detached: true, stdio: ['ignore', out, out], env: { ...process.env, ...ENVIRONMENT } },
  );
  closeSync(out);
  const origin = `http://127.0.0.1:${port}`;
  const server: VllmServer = {
    url: `${origin}/v1`,
    async isUp() {
      const answer = await request(`${origin}/health`).catch(() => null);
      await answer?.body.dump();
      return answer?.statusCode === 200;
    },
    async kill() {
      const pid = child.pid ?? 0;
      sendSignal(-pid, 'SIGKILL');
      await waitUntil(() => processCommand(pid) === null, 20);
    },
  };
  if (wait && !(await waitUntil(() => server.isUp(), 400))) {
    await server.kill();
    throw new Error(`vLLM is not up; its log is ${log}`);
  }
  return server;
}
