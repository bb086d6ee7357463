import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../embedded/process';
import { readJson, writeFileAtomic } from '../files';
import { canonicalJson } from '../identity';
import { trainerEnvironment } from './environment';
import { TrainingError, type TrainingErrorKind } from './errors';
import type { Job, JobProgress, JobResult } from './job';

/** How the local backend starts a trainer. */
export interface LocalTrainer {
  /** The Python of the trainer's environment, and the folder that holds the package. */
  python: string;
  packageFolder: string;
}

const POLL_MS = 500;
/** A lock of another host is live while its trainer renewed it so recently (the trainer's own rule, `lease.py`). */
const FOREIGN_LEASE_MS = 30_000;

/**
 * Runs a job in its folder to its result: looks for `result.json`, then for a live trainer, and only then starts one.
 * While it watches it renews the claim. `stop` asks the trainer to stop at a checkpoint, and waits for it; `leave`, or the
 * caller's death, leaves the trainer running, and the next caller attaches to it.
 *
 * @throws TrainingError: the trainer's own failure, `crashed`, `stopped`, or `left`.
 */
export async function runLocalJob(
  trainer: LocalTrainer,
  folder: string,
  job: Job,
  {
    stop,
    leave,
    onProgress,
  }: { stop?: AbortSignal; leave?: AbortSignal; onProgress?: (progress: JobProgress) => void } = {},
): Promise<JobResult> {
  const done = await readJson<JobResult>(join(folder, 'result.json'));
  if (done) return done;
  await describeJob(folder, job);
  await rm(join(folder, 'stop'), { force: true });
  await claim(folder);

  let child: Started | null = null;
  if (!(await isLive(folder))) child = await start(trainer, folder);
  let stopping = false;
  let last = '';
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (leave?.aborted)
      throw new TrainingError('left', `The trainer in ${folder} was left running; the next attempt joins it.`);
    if (!stopping) await claim(folder);
    if (stop?.aborted && !stopping) {
      stopping = true;
      await writeFile(join(folder, 'stop'), 'asked by the worker\n');
    }
    const line = await lastLine(join(folder, 'progress.jsonl'));
    if (line !== last && onProgress) onProgress(JSON.parse((last = line)) as JobProgress);
    const result = await readJson<JobResult>(join(folder, 'result.json'));
    if (result) return result;
    if (child ? child.ended() : !(await isLive(folder))) {
      const late = await readJson<JobResult>(join(folder, 'result.json'));
      if (late) return late;
      throw await failure(folder, child, stopping);
    }
  }
}

/** What decides a job's result; threads, device and grace may change while it is stopped. */
function decisive(job: Job): string {
  return canonicalJson({ ...job, launch: job.launch.dtype, lease: null });
}

/** Writes `job.json`; another job in the same folder is a mistake of ours that must not pass. A live trainer keeps its file. */
async function describeJob(folder: string, job: Job): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'job.json');
  const present = await readJson<Job>(path);
  if (present !== null && decisive(present) !== decisive(job))
    throw new TrainingError(
      'bad-data',
      `${path} describes another job than ${job.id}; move that folder away, or roll back so that the attempt gets a new one.`,
    );
  if (present === null || !(await isLive(folder))) await writeFileAtomic(path, `${JSON.stringify(job, null, 1)}\n`);
}

async function claim(folder: string): Promise<void> {
  const path = join(folder, 'claim');
  const now = new Date();
  await utimes(path, now, now).catch(() => writeFile(path, ''));
}

interface Started {
  ended(): boolean;
  exit(): string;
}

async function start({ python, packageFolder }: LocalTrainer, folder: string): Promise<Started> {
  const log = openSync(join(folder, 'trainer.log'), 'a');
  const child = spawn(python, ['-m', 'flywheel_trainer', folder], {
    // A process group of its own: the terminal's Ctrl-C and the worker's end leave it alone; its lease ends it.
    detached: true,
    stdio: ['ignore', log, log],
    env: trainerEnvironment(packageFolder),
  });
  closeSync(log);
  let exit: string | null = null;
  child.on('error', (error) => (exit = error.message));
  child.on('exit', (code, signalName) => (exit ??= signalName ?? `exit code ${code}`));
  child.unref();
  return { ended: () => exit !== null, exit: () => exit ?? 'running' };
}

interface Lock {
  host: string;
  pid: number;
  start: number | string;
  renewed: number;
}

/** Whether a trainer holds the folder: on this host its process lives, on another its lease is young. */
async function isLive(folder: string): Promise<boolean> {
  const lock = await readJson<Lock>(join(folder, 'lock.json'));
  if (!lock) return false;
  if (lock.host !== hostname()) return Date.now() - lock.renewed * 1000 < FOREIGN_LEASE_MS;
  return isAlive({ pid: lock.pid, start: String(lock.start) });
}

async function failure(folder: string, child: Started | null, stopping: boolean): Promise<TrainingError> {
  const error = await readJson<{ kind: TrainingErrorKind; message: string; cure: string }>(join(folder, 'error.json'));
  if (error) return new TrainingError(error.kind, `${error.message}; ${error.cure} (${folder})`);
  if (stopping || child?.exit() === 'exit code 75')
    return new TrainingError('stopped', `Training stopped at a checkpoint in ${folder}; it goes on from there.`);
  const log = (await readFile(join(folder, 'trainer.log'), 'utf8').catch(() => ''))
    .trim()
    .split('\n')
    .slice(-3)
    .join(' | ');
  return new TrainingError(
    'crashed',
    `The trainer ended (${child?.exit() ?? 'its process is gone'}) without a result; the end of ${join(folder, 'trainer.log')}: ${log}`,
  );
}

/** The last whole line of a file that another process appends to; empty where there is none. */
async function lastLine(path: string): Promise<string> {
  const file = await open(path).catch(() => null);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 8192);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    const text = buffer.toString('utf8');
    const end = text.lastIndexOf('\n');
    return end < 0 ? '' : text.slice(text.lastIndexOf('\n', end - 1) + 1, end);
  } finally {
    await file.close();
  }
}
