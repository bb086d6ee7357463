import { newestRunIds } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import { readJudges } from './judges';
import { readLeaderboard } from './leaderboard';
import { readRun } from './run';

/** Runs whose pages are most likely to be opened. */
const NEWEST = 3;

/** Counts what takes long on a large run before anybody asks; what is not there yet is left. */
export async function warmUp(deps: DashboardDeps): Promise<void> {
  for (const id of await newestRunIds(deps.pool, NEWEST))
    for (const read of [
      () => readRun(deps, id),
      () => readLeaderboard(deps, id, { judge: 'evaluation', style: '0' }),
      () => readJudges(deps, id),
    ])
      await read().catch(() => undefined);
}
