import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../src/embedded/child';
import { repositoryRoot } from '../src/embedded/paths';
import type { WorkerProcessSettings } from './worker-process';

/** A process is there in a second or two; on a busy machine it may take a minute. */
export const READY_SECONDS = 300;

/** Starts a worker as users do, from the build with its bundle, as a process that can be killed, and waits until it polls. */
export function startWorkerProcess(
  settings: WorkerProcessSettings,
  { logFile, env, nodeOptions = [] }: { logFile: string; env: Record<string, string>; nodeOptions?: string[] },
): Promise<Child> {
  return startChild({
    name: 'The worker',
    command: process.execPath,
    args: [...nodeOptions, join(repositoryRoot(), 'dist/chaos/worker-process.js'), JSON.stringify(settings)],
    env,
    logFile,
    ready: () => Promise.resolve(readFileSync(logFile, 'utf8').includes('polling')),
    readySeconds: READY_SECONDS,
  });
}
