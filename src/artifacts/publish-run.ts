import { dirname } from 'node:path';
import type { Pool } from 'pg';
import { exists } from '../files';
import { cardFiles } from '../selection/card';
import { checkpointsOf, datasetsOf } from '../store/artifacts';
import { publishRecord } from '../training/record';
import type { Artifacts } from './artifacts';

/** What of a run is published now, by id, and what of it is not on this host. */
export interface PublishedRun {
  published: string[];
  missing: string[];
}

/** Publishes what a run has made so far: it may have begun before there was a bucket. */
export async function publishRun(pool: Pool, run: string, artifacts: Artifacts): Promise<PublishedRun> {
  const done: PublishedRun = { published: [], missing: [] };
  const one = async (id: string, path: string, publish: () => Promise<void>) => {
    if (!(await exists(path))) return void done.missing.push(id);
    await publish();
    done.published.push(id);
  };
  for (const { id, path } of await datasetsOf(pool, run))
    await one(id, path, async () => {
      for (const card of Object.values(cardFiles(path))) if (await exists(card)) await artifacts.publish(card);
      await artifacts.publish(path);
    });
  // A base model of the user's has no job, and lies elsewhere.
  for (const { id, path, job } of await checkpointsOf(pool, run))
    if (job !== null)
      await one(id, path, async () => {
        await artifacts.publish(path);
        await publishRecord(artifacts, dirname(path));
      });
  return done;
}
