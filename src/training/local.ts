import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, processStart, sendSignal, type ProcessIdentity } from '../embedded/process';
import type { TrainingBackend } from './backend';
import { trainerEnvironment } from './environment';
import { logsOf } from './folder';
import type { Job, JobResult } from './job';
import { runJob, type WatchOptions } from './run-job';

/** How the local backend starts a trainer. */
export interface LocalTrainer {
  /** The Python of the trainer's environment, and the folder that holds the package. */
  python: string;
  packageFolder: string;
}

/** Trainers as processes of this machine. They outlive this process; their lease ends them when nobody comes back. */
export function localBackend({ python, packageFolder }: LocalTrainer): TrainingBackend {
  const place = `this machine (${hostname()})`;
  /** How those that were started here have ended: who started a process sees its exit code, nobody else does. */
  const exits = new Map<string, string>();
  return {
    place,
    pollMs: 0,
    // The base's folder is looked at, and `doctor` tries the Python: nothing else is needed here.
    check: () => Promise.resolve(),
    async submit({ folder }) {
      const log = openSync(join(folder, 'trainer.log'), 'a');
      const child = spawn(python, ['-m', 'flywheel_trainer', folder], {
        // A process group of its own: the terminal's Ctrl-C and the worker's end leave it alone; its lease ends it.
        detached: true,
        stdio: ['ignore', log, log],
        env: trainerEnvironment(packageFolder),
      });
      closeSync(log);
      return new Promise((resolve) => {
        let handle = 'not started';
        const ended = (how: string) => {
          exits.set(handle, how);
          resolve(handle);
        };
        child.once('error', (error) => ended(error.message));
        child.once('exit', (code, signalName) => ended(signalName ?? `exit code ${code}`));
        child.once('spawn', () => {
          const pid = child.pid as number;
          handle = JSON.stringify({ pid, start: processStart(pid) ?? '' } satisfies ProcessIdentity);
          resolve(handle);
        });
        child.unref();
      });
    },
    state({ handle }) {
      const how = handle === null ? undefined : exits.get(handle);
      if (how !== undefined) return Promise.resolve({ is: 'ended', how });
      const process = identityOf(handle);
      if (process === null) return Promise.resolve({ is: 'none' });
      return Promise.resolve(isAlive(process) ? { is: 'running' } : { is: 'ended', how: 'its process is gone' });
    },
    stop({ handle }) {
      const process = identityOf(handle);
      if (process && isAlive(process)) sendSignal(process.pid, 'SIGTERM');
      return Promise.resolve();
    },
    log: logsOf,
  };
}

function identityOf(handle: string | null): ProcessIdentity | null {
  return handle?.startsWith('{') ? (JSON.parse(handle) as ProcessIdentity) : null;
}

/** Runs a job on this machine to its result, see `runJob`. */
export function runLocalJob(
  trainer: LocalTrainer,
  folder: string,
  job: Job,
  options?: WatchOptions,
): Promise<JobResult> {
  return runJob(localBackend(trainer), folder, job, options);
}
