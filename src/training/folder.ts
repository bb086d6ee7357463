import { mkdir, open, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../embedded/process';
import { readJson, writeFileAtomic } from '../files';
import { canonicalJson } from '../identity';
import type { Start } from './backend';
import { TrainingError } from './errors';
import type { Job, JobProgress, JobResult } from './job';

/** The worker's side of a job folder; the trainer's is `trainer/flywheel_trainer/job.py`, `lease.py` and `run.py`. */

/** A lock of another host is live while its trainer touched it so recently (the trainer's own rule, `lease.py`). */
const FOREIGN_LEASE_MS = 30_000;

interface Lock {
  host: string;
  pid: number;
  start: number | string;
}

export function readResult(folder: string): Promise<JobResult | null> {
  return readJson<JobResult>(join(folder, 'result.json'));
}

/**
 * Writes `job.json` and returns what stands there now; another job in the same folder is a mistake of ours that must
 * not pass. A live trainer keeps its file, and a micro-batch that was halved for want of memory stays halved.
 */
export async function describeJob(folder: string, job: Job): Promise<Job> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'job.json');
  const present = await readJson<Job>(path);
  if (present !== null && decisive(present) !== decisive(job))
    throw new TrainingError(
      'bad-data',
      `${path} describes another job than ${job.id}; move that folder away, or roll back so that the attempt gets a new one.`,
    );
  if (present !== null && (await isHeld(folder))) return present;
  const asked = present === null ? job : withMicroBatch(job, Math.min(microBatch(present), microBatch(job)));
  await writeFileAtomic(path, `${JSON.stringify(asked, null, 1)}\n`);
  return asked;
}

/** What decides a job's result; threads, device, grace, processes and the micro-batch may change while it is stopped. */
function decisive(job: Job): string {
  const { micro_batch: _, ...hyperparameters } = job.hyperparameters;
  return canonicalJson({ ...job, hyperparameters, launch: job.launch.dtype, lease: null });
}

function microBatch({ hyperparameters }: Job): number {
  const rows = hyperparameters['micro_batch'];
  return typeof rows === 'number' ? rows : Infinity;
}

function withMicroBatch(job: Job, rows: number): Job {
  return microBatch(job) === Infinity
    ? job
    : { ...job, hyperparameters: { ...job.hyperparameters, micro_batch: rows } };
}

/**
 * The job with half the rows in a forward pass: the trainer accumulates twice as often, and the optimiser's steps stay
 * what they were. Null where there is nothing left to halve. An odd number becomes its largest divisor.
 */
export function halved(job: Job): Job | null {
  const rows = microBatch(job);
  if (rows === Infinity || rows <= 1) return null;
  let half = Math.floor(rows / 2);
  while (rows % half !== 0) half--;
  return withMicroBatch(job, half);
}

/** Tells the trainer that somebody still wants its result. */
export async function claim(folder: string): Promise<void> {
  const path = join(folder, 'claim');
  const now = new Date();
  await utimes(path, now, now).catch(() => writeFile(path, ''));
}

/** Asks the trainer to stop at a checkpoint. */
export function askToStop(folder: string): Promise<void> {
  return writeFile(join(folder, 'stop'), 'asked by the worker\n');
}

/** Takes back what an earlier watcher asked, and what an earlier trainer ended with. */
export async function clearTheWay(folder: string, files: readonly string[]): Promise<void> {
  for (const name of files) await rm(join(folder, name), { force: true });
}

/** Whether a trainer holds the folder: on this host its process lives, on another its lease is young. */
export async function isHeld(folder: string): Promise<boolean> {
  const path = join(folder, 'lock.json');
  const lock = await readJson<Lock>(path);
  if (!lock) return false;
  if (lock.host !== hostname()) {
    const file = await stat(path).catch(() => null);
    return file !== null && Date.now() - file.mtimeMs < FOREIGN_LEASE_MS;
  }
  return isAlive({ pid: lock.pid, start: String(lock.start) });
}

/** The newest line of progress; null where there is none yet. */
export async function readProgress(folder: string): Promise<JobProgress | null> {
  const line = await lastLine(join(folder, 'progress.jsonl'));
  return line === '' ? null : (JSON.parse(line) as JobProgress);
}

/** The last whole line of a file that another process appends to; empty where there is none. */
async function lastLine(path: string): Promise<string> {
  const text = await endOf(path);
  const end = text.lastIndexOf('\n');
  return end < 0 ? '' : text.slice(text.lastIndexOf('\n', end - 1) + 1, end);
}

/** The logs in a folder, the newest last: trainers and schedulers write them under names of their own. */
async function logsIn(folder: string): Promise<{ name: string; size: number }[]> {
  const names = (await readdir(folder)).filter((name) => /\.(log|out|err)$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const file = await stat(join(folder, name)).catch(() => null);
      return file ? [{ name, size: file.size, at: file.mtimeMs }] : [];
    }),
  );
  return found.flat().sort((a, b) => a.at - b.at);
}

/** How long each log in a folder is now, in bytes. */
export async function logSizes(folder: string): Promise<Record<string, number>> {
  return Object.fromEntries((await logsIn(folder)).map(({ name, size }) => [name, size]));
}

/** The ends of what was written into a folder's logs since a start, which noted how long each was; what was written last comes last. */
export async function logsOf({ folder, logs }: Pick<Start, 'folder' | 'logs'>): Promise<string> {
  const grown = (await logsIn(folder)).filter(({ name, size }) => size !== (logs[name] ?? 0));
  return (await Promise.all(grown.map(({ name }) => endOf(join(folder, name), logs[name])))).join('\n');
}

/** The last 8 KiB of a file, or less where it begins at `from`; empty where there is none. */
async function endOf(path: string, from = 0): Promise<string> {
  const file = await open(path).catch(() => null);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    // A log that is shorter than it was has been begun anew.
    const length = Math.min(size < from ? size : size - from, 8192);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
