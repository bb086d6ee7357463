import { Context } from '@temporalio/activity';
import { liveWorkers } from '../src/store/workers';
import type { Role } from '../workflows/queues';
import { NOBODY_SERVES } from '../workflows/types';
import { asActivity, finalFailure } from './context';
import type { Deps } from './deps';

export function createWorkerActivities({ store }: Pick<Deps, 'store'>) {
  return {
    /**
     * Asks whether any worker serves a queue, busy as it may be: a worker whose hands are full does not poll, but gives its
     * sign of life. @throws the sentence that parks the run.
     */
    requireWorkers: ({ role, queue }: { role: Role; queue: string }): Promise<void> =>
      asActivity(async () => {
        const { namespace } = Context.current().info;
        if ((await liveWorkers(store.pool, namespace, queue)).length > 0) return;
        throw finalFailure(
          NOBODY_SERVES,
          new Error(`No worker serves the task queue "${queue}". Start one: npx flywheel worker --roles ${role}`),
        );
      }),
  };
}
