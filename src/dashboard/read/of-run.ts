import { loadRun, type Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import { NotThere } from '../route';
import type { Soon } from '../schemas/common';

/** A stored run. @throws NotThere */
export async function storedRun({ pool }: DashboardDeps, id: string): Promise<Run> {
  const run = await loadRun(pool, id);
  if (run) return run;
  throw new NotThere(`There is no run ${id} in this database. The page Runs lists those that there are.`);
}

/** The player that a run calls so. @throws NotThere */
export function playerNamed(names: ReadonlyMap<string, string>, run: string, name: string): string {
  const found = [...names].find(([, known]) => known === name)?.[0];
  if (found !== undefined) return found;
  throw new NotThere(`Nobody plays in ${run} under the name ${JSON.stringify(name)}.`);
}

/** What runs' rows tell: counted once when all of them are done, renewed after `staleMs` while one still plays. */
export function soonOfRuns<T>(
  { soon }: DashboardDeps,
  runs: readonly Run[],
  what: string,
  { compute, staleMs }: { compute: () => Promise<T>; staleMs: number },
): Promise<Soon<T>> {
  const isDone = (run: Run) => run.status === 'done';
  const key = JSON.stringify([what, ...runs.map((run) => [run.id, isDone(run) ? run.updatedAt : null])]);
  return soon.get(key, compute, runs.every(isDone) ? Infinity : staleMs);
}
