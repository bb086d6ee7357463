import { createBenchmarkActivities } from './benchmark';
import { createDatasetActivities } from './datasets';
import type { Deps } from './deps';
import { createGateActivities } from './gate';
import { createPlanArenaActivities } from './plan-arena';
import { createPlayActivities } from './play';
import { createRatingActivities } from './rating';
import { createRecordActivities } from './record';
import { createResolveActivities } from './resolve';
import { createServeActivities } from './serve';
import { createTrainActivities } from './train';
import { createWorkerActivities } from './workers';

export type { Deps } from './deps';

/** All activities of a worker, one factory per subject. */
export function createActivities(deps: Deps) {
  return {
    ...createResolveActivities(deps),
    ...createPlanArenaActivities(deps),
    ...createPlayActivities(deps),
    ...createDatasetActivities(deps),
    ...createTrainActivities(deps),
    ...createServeActivities(deps),
    ...createBenchmarkActivities(deps),
    ...createGateActivities(deps),
    ...createRatingActivities(deps),
    ...createRecordActivities(deps),
    ...createWorkerActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
