import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { repositoryRoot } from '../../src/embedded/paths';
import type { WorkerProcessSettings } from '../../chaos/worker-process';
import { until } from './until';

/** Starts a worker as a process of its own (chaos/worker-process.ts, without a build), and waits until it polls. */
export async function startWorkerProcess(
  settings: WorkerProcessSettings,
  { logFile, env = {} }: { logFile: string; env?: Record<string, string> },
): Promise<ChildProcess> {
  const out = openSync(logFile, 'a');
  const worker = spawn(
    process.execPath,
    ['-r', './test/support/typescript.cjs', 'chaos/worker-process.ts', JSON.stringify(settings)],
    { cwd: repositoryRoot(), stdio: ['ignore', out, out], env: { ...process.env, ...env } },
  );
  closeSync(out);
  const said = () => Promise.resolve(readFileSync(logFile, 'utf8'));
  try {
    const text = await until(said, (log) => log.includes('polling') || worker.exitCode !== null);
    if (worker.exitCode !== null) throw new Error(text);
    return worker;
  } catch (error) {
    worker.kill('SIGKILL');
    throw error;
  }
}
