import type { Pool } from 'pg';
import { loadRun, runPage, type Run } from '../store/runs';
import { CommandFailure } from './failure';

/**
 * A stored run by its id; the newest one where none is named.
 * @throws CommandFailure where there is none.
 */
export async function findRun(pool: Pool, id: string | undefined): Promise<Run> {
  const run = id === undefined ? (await runPage(pool, { after: null, limit: 1 })).runs[0] : await loadRun(pool, id);
  if (run) return run;
  throw new CommandFailure(
    id === undefined
      ? 'There is no run yet. Start one: npx flywheel run CONFIG, or npx flywheel arena run CONFIG'
      : `There is no run ${id}. List the runs: npx flywheel status`,
  );
}
