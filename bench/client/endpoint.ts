import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import type { SandboxStats } from '../../src/sandbox/chat-service';
import type { Fault, Limits, SandboxOptions } from '../../src/sandbox/options';

/** The sandbox as an endpoint in a process of its own. */
export interface BenchEndpoint {
  url: string;
  stats(): Promise<SandboxStats>;
  limits(limits: Limits): Promise<void>;
  faults(faults: readonly Partial<Fault>[]): Promise<void>;
  stop(): void;
}

export async function startEndpoint(options: SandboxOptions): Promise<BenchEndpoint> {
  const main = join(__dirname, '../../src/sandbox/main.js');
  // It ends with its standard input, and so with this process.
  const child = spawn(process.execPath, [main, '--stdin-lifeline', '--options', JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
    child.once('exit', (code) => reject(new Error(`the endpoint ended with ${code}`)));
  });
  const post = async (path: string, body: unknown): Promise<void> => {
    const reply = await request(new URL(path, url), { method: 'POST', body: JSON.stringify(body) });
    const text = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`${path}: ${text}`);
  };
  return {
    url,
    stats: async () => (await (await request(new URL('/stats', url))).body.json()) as SandboxStats,
    limits: (limits) => post('/limits', limits),
    faults: (faults) => post('/faults', faults),
    stop: () => void child.kill(),
  };
}

/** Calls of a kind over all models. */
export const total = (byModel: Record<string, number>): number =>
  Object.values(byModel).reduce((sum, count) => sum + count, 0);
