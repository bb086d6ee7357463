import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../errors';
import { exists, readJson, writeFileAtomic } from '../files';
import { contentId } from '../identity';
import type { Start, StartState, TrainingBackend } from './backend';
import { TrainingError, type TrainingErrorKind } from './errors';
import {
  askToStop,
  claim,
  clearTheWay,
  describeJob,
  halved,
  isHeld,
  logSizes,
  readProgress,
  readResult,
} from './folder';
import type { Job, JobProgress, JobResult } from './job';

const POLL_MS = 500;
const PATIENCE_MS = 60_000;
/** A trainer that has its result is waited for so long at most; a scheduler may list it for longer. */
const GOING_MS = 30_000;
const GONE_LOOK_MS = 100;
/** Before a stop is asked for again: where it failed, and where it was taken (a cluster's head that starts anew forgets it). */
const STOP_RETRY_MS = 3000;
const STOP_AGAIN_MS = 60_000;
/** What says that memory ran out where the trainer could not say it itself. A bare SIGKILL says nothing: it may be anybody's. */
const OUT_OF_MEMORY = /out[ -_]?of[ -_]?memory|\boom[ -_]?kill|std::bad_alloc|memory monitor/i;

export interface WatchOptions {
  /** Asks the trainer to stop at a checkpoint, and waits for it. */
  stop?: AbortSignal;
  /** Leaves the trainer running; the next caller joins it. */
  leave?: AbortSignal;
  onProgress?: (progress: JobProgress) => void;
  /** How long a backend may stay away, in milliseconds, while no trainer gives a sign of life either. */
  patienceMs?: number;
}

/** `start.json`: the newest start, written before it is made and again with its handle. */
interface StartRecord {
  place: string;
  number: number;
  handle: string | null;
  /** Absent in one that was written before logs were told apart. */
  logs?: Record<string, number>;
}

/**
 * Runs a job in its folder to its result: looks for `result.json`, then for a live trainer, and only then starts one.
 * While it watches it renews the claim. A caller that dies leaves the trainer running, and the next one joins it.
 *
 * A trainer that ended without a result after it had got further than all before it is started again: on a cluster nodes
 * come and go. One that ran out of memory is started once more with half the micro-batch. Where `stop` or `leave` came first
 * nothing is started, and what runs is stopped or left all the same.
 *
 * @throws TrainingError: the trainer's own failure, `crashed`, `unreachable`, `stopped`, or `left`.
 */
export async function runJob(
  backend: TrainingBackend,
  folder: string,
  asked: Job,
  { stop, leave, onProgress, patienceMs = PATIENCE_MS }: WatchOptions = {},
): Promise<JobResult> {
  const done = await readResult(folder);
  if (done) return done;
  let job = await describeJob(folder, asked);
  await clearTheWay(folder, ['stop']);
  await claim(folder);

  const look = patiently(backend, folder, patienceMs);
  const joined = () =>
    joinOrStart(backend, folder, job, patienceMs, () => (stop?.aborted ? 'stopped' : leave?.aborted ? 'left' : null));
  let furthest = (await readProgress(folder))?.step ?? 0;
  let shown = furthest;
  let start = await joined();
  let halvings = 0;
  let nextLook = 0;
  let stoppedAt: number | null = null;
  let nextStop = 0;

  for (;;) {
    await sleep(POLL_MS);
    if (leave?.aborted)
      throw new TrainingError('left', `The trainer in ${folder} was left running; the next attempt joins it.`);
    if (stoppedAt === null) await claim(folder);
    if (stop?.aborted && stoppedAt === null) {
      stoppedAt = Date.now();
      await askToStop(folder);
    }
    const progress = await readProgress(folder);
    if (progress && progress.step !== shown) {
      shown = progress.step;
      onProgress?.(progress);
    }
    const result = await readResult(folder);
    if (result) {
      await untilGone(backend, start);
      return result;
    }

    if (start === null) {
      // Another backend's trainer, or one that its backend has lost: its lock tells all that can be known.
      if (await isHeld(folder)) continue;
      if (stoppedAt !== null) throw stopped(folder);
      const error = await saidError(folder);
      if (error) throw error;
      start = await joined();
      continue;
    }
    const saysEnd = await hasSaidItsEnd(folder);
    if (Date.now() < nextLook && !saysEnd) continue;
    nextLook = Date.now() + backend.pollMs;
    const state = saysEnd ? ENDED : await look(start);
    if (stoppedAt !== null && Date.now() >= nextStop && state.is !== 'ended' && isOverdue(state, stoppedAt, job)) {
      const isTaken = await backend.stop(start).then(
        () => true,
        () => false,
      );
      nextStop = Date.now() + (isTaken ? STOP_AGAIN_MS : STOP_RETRY_MS);
    }
    if (state.is === 'waiting' || state.is === 'running' || state.is === 'unknown') continue;
    if (await isHeld(folder)) {
      start = null;
      continue;
    }
    const late = await readResult(folder);
    if (late) return late;

    const error = await failureOf(backend, start, state, stoppedAt !== null);
    const step = (await readProgress(folder))?.step ?? 0;
    const smaller = error.kind === 'out-of-memory' && halvings === 0 ? halved(job) : null;
    if (smaller) {
      halvings++;
      job = smaller;
      await writeFileAtomic(join(folder, 'job.json'), `${JSON.stringify(job, null, 1)}\n`);
    } else if (stoppedAt !== null || !['crashed', 'stopped'].includes(error.kind) || step <= furthest) throw error;
    furthest = Math.max(furthest, step);
    start = await joined();
  }
}

/** Waits until a trainer that has written its result is gone: until then it holds its memory, which what follows may need. */
async function untilGone(backend: TrainingBackend, start: Start | null): Promise<void> {
  const deadline = Date.now() + GOING_MS;
  while (start && Date.now() < deadline) {
    const state = await backend.state(start).catch(() => ENDED);
    if (state.is === 'ended' || state.is === 'none') return;
    await sleep(Math.max(GONE_LOOK_MS, backend.pollMs));
  }
}

const ENDED: StartState = { is: 'ended', how: 'it says so' };

/** Whether the trainer wrote why it ended, and is gone; both files are cleared before a start. */
async function hasSaidItsEnd(folder: string): Promise<boolean> {
  const said = (await exists(join(folder, 'error.json'))) || (await exists(join(folder, 'stopped.json')));
  return said && !(await isHeld(folder));
}

/** A waiting start has no checkpoint to write and is stopped at once; a running one gets its grace. */
function isOverdue(state: { is: string }, stoppedAt: number, job: Job): boolean {
  return state.is === 'waiting' || Date.now() - stoppedAt > job.lease.grace_seconds * 1000;
}

/**
 * The start to watch; null where a trainer holds the folder of which the backend knows nothing.
 * @param calledOff why nothing may be started any more, null while it may
 * @throws TrainingError of that kind
 */
async function joinOrStart(
  backend: TrainingBackend,
  folder: string,
  job: Job,
  patienceMs: number,
  calledOff: () => 'stopped' | 'left' | null,
): Promise<Start | null> {
  const path = join(folder, 'start.json');
  const last = await readJson<StartRecord>(path);
  const of = ({ number, handle, logs = {} }: Omit<StartRecord, 'place'>): Start => ({
    folder,
    job,
    name: startName(folder, job, number),
    handle,
    logs,
  });
  let number = last?.number ?? 0;
  if (last?.place === backend.place) {
    const { is } = await reached(backend, patienceMs, () => backend.state(of(last)));
    // One that said its end is over, also where its scheduler lists it for some seconds more.
    if ((is === 'waiting' || is === 'running') && !(await hasSaidItsEnd(folder))) return of(last);
    // Asked for and never made, or forgotten: the same start again, under its own name.
    if (is === 'none') number--;
  }
  if (await isHeld(folder)) return null;
  const off = calledOff();
  if (off) throw new TrainingError(off, `No trainer was started in ${folder}: it was called off before.`);
  number++;
  await clearTheWay(folder, ['stop', 'error.json', 'stopped.json']);
  const record = { place: backend.place, number, handle: null, logs: await logSizes(folder) };
  await writeFileAtomic(path, JSON.stringify(record));
  const handle = await reached(backend, patienceMs, () => backend.submit(of(record)));
  await writeFileAtomic(path, JSON.stringify({ ...record, handle }));
  return of({ ...record, handle });
}

/** The name of a start: readable, the same whoever asks, and no other start's. */
function startName(folder: string, job: Job, number: number): string {
  const readable = job.id.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 60);
  return `flywheel-${readable}-${contentId([folder, job.id]).slice(0, 8)}-s${number}`;
}

/** Asks until there is an answer, for as long as patience goes: a cluster's head may just be starting anew. */
async function reached<T>({ place }: TrainingBackend, patienceMs: number, ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (TrainingError.isInstance(error) || UserError.isInstance(error)) throw error;
      if (Date.now() > deadline)
        throw new TrainingError('unreachable', `Training on ${place} could not be asked: ${messageOf(error)}`);
      await sleep(POLL_MS);
    }
  }
}

/** Asks for a start's state; a backend that is away for a moment, or while the trainer lives on without it, is waited for. */
function patiently(backend: TrainingBackend, folder: string, patienceMs: number) {
  let since: number | null = null;
  return async (start: Start): Promise<StartState | { is: 'unknown' }> => {
    try {
      const state = await backend.state(start);
      since = null;
      return state;
    } catch (error) {
      since ??= Date.now();
      if (Date.now() - since > patienceMs && !(await isHeld(folder)))
        throw new TrainingError(
          'unreachable',
          `Training on ${backend.place} has not answered for ${Math.round((Date.now() - since) / 1000)} s (${messageOf(error)}); the job goes on from its last checkpoint.`,
        );
      return { is: 'unknown' };
    }
  };
}

function stopped(folder: string): TrainingError {
  return new TrainingError('stopped', `Training stopped at a checkpoint in ${folder}; it goes on from there.`);
}

/** The trainer's own failure, where it wrote one. */
async function saidError(folder: string): Promise<TrainingError | null> {
  const error = await readJson<{ kind: TrainingErrorKind; message: string; cure: string }>(join(folder, 'error.json'));
  return error && new TrainingError(error.kind, `${error.message}; ${error.cure} (${folder})`);
}

async function failureOf(
  backend: TrainingBackend,
  start: Start,
  state: StartState,
  stopping: boolean,
): Promise<TrainingError> {
  const { folder } = start;
  const error = await saidError(folder);
  if (error) return error;
  if (stopping || (await readJson(join(folder, 'stopped.json')))) return stopped(folder);
  const log = await backend.log(start).catch((reason: unknown) => `the log could not be read: ${messageOf(reason)}`);
  const how = state.is === 'ended' ? state.how : 'nothing is known of it any more';
  const kept = join(folder, `${start.name}.log`);
  await appendFile(kept, log);
  const end = log.trim().split('\n').slice(-3).join(' | ');
  const sentence = `The trainer on ${backend.place} ended (${how}) without a result; the end of ${kept}: ${end}`;
  return OUT_OF_MEMORY.test(`${how}\n${log}`)
    ? new TrainingError('out-of-memory', `${sentence}; lower microBatch or maxLength, or train with lora`)
    : new TrainingError('crashed', sentence);
}
