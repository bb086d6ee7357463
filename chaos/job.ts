import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../src/embedded/process';
import { readJson } from '../src/files';
import type { Stand } from './stand';

/** What a training job's folder tells of its trainers. */

/** The steps that a job took, in their order: a second trainer, or one that was stopped and resumed, shows in them. */
export async function stepsOf(stand: Stand, label: string): Promise<number[]> {
  const text = await readFile(join(stand.jobFolder(label), 'progress.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);
}

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
  const wrong = steps.every((step, index) => step === index + 1) ? [] : [`the job's steps were ${steps.join(' ')}`];
  if (starts !== trainers) wrong.push(`${starts} trainers were started, not ${trainers}`);
  return wrong;
}
