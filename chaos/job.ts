import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../src/embedded/process';
import { readJson } from '../src/files';
import type { Stand } from './stand';

/** What a training job's folder tells of its trainers. */

/** The steps that a job took, in their order: a second trainer, or one that was stopped and resumed, shows in them. Before the first one none. */
export async function stepsIn(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'progress.jsonl'), 'utf8').catch(() => '');
  // What stands behind the last line's end is still being written.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { step: number }).step);
}

export const stepsOf = (stand: Stand, label: string): Promise<number[]> => stepsIn(stand.jobFolder(label));

/** How often a trainer was started for it. */
export async function startsOf(stand: Stand, label: string): Promise<number> {
  return (await readJson<{ number: number }>(join(stand.jobFolder(label), 'start.json')))?.number ?? 0;
}

/** The process that trains; null where none lives. */
export async function trainerOf(stand: Stand, label: string): Promise<number | null> {
  const lock = await readJson<{ pid: number; start: number }>(join(stand.jobFolder(label), 'lock.json'));
  return lock && isAlive({ pid: lock.pid, start: String(lock.start) }) ? lock.pid : null;
}

/** What is wrong where a job should have taken each step once, by so many trainers, one after the other. */
export async function notOnce(stand: Stand, label: string, trainers = 1): Promise<string[]> {
  const [steps, starts] = [await stepsOf(stand, label), await startsOf(stand, label)];
  const isOnce = steps.length > 0 && steps.every((step, index) => step === index + 1);
  const wrong = isOnce ? [] : [`the job's steps were ${steps.join(' ')}`];
  if (starts !== trainers) wrong.push(`${starts} trainers were started, not ${trainers}`);
  return wrong;
}
