import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifacts } from '../artifacts/artifacts';
import { exists } from '../files';

/** What makes a job a finished one, and what others may read of it besides: what was asked, and its curve. */
const RESULT = 'result.json';
const BESIDES = ['job.json', 'progress.jsonl'];

/** Makes a finished job known to other hosts. What it made is published before. */
export async function publishRecord(artifacts: Artifacts, folder: string): Promise<void> {
  for (const name of [...BESIDES, RESULT]) {
    const file = join(folder, name);
    if (await exists(file)) await artifacts.publish(file);
  }
}

/**
 * Brings the record of a job here that another host has finished, in the place of what this host began of it. Tells whether there was one
 * to bring: then what the job made is published too.
 */
export async function fetchRecord(artifacts: Artifacts, folder: string): Promise<boolean> {
  const result = join(folder, RESULT);
  if ((await exists(result)) || !(await artifacts.fetchIfThere(result))) return false;
  for (const name of BESIDES) {
    await rm(join(folder, name), { force: true });
    await artifacts.fetchIfThere(join(folder, name));
  }
  return true;
}
