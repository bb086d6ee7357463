import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { progressQuery } from '../workflows/messages';
import type { Progress } from '../workflows/types';

/** How often a run is looked at: seldom enough to cost what is measured nothing. */
const LOOK_MS = 2000;

/**
 * Waits for a run's end. A run that waits for a person's decision never ends by itself, and a bench has nobody to decide.
 * @param look is told each progress, and how long the query took for it.
 * @throws Error with the run's problem where it waits so.
 */
export async function endOfRun(
  handle: WorkflowHandle,
  { everyMs = LOOK_MS, look }: { everyMs?: number; look?: (progress: Progress, milliseconds: number) => void } = {},
): Promise<void> {
  const ended = handle.result().then(() => true);
  // Where the loop has thrown, nobody looks at the end any more.
  ended.catch(() => undefined);
  while (!(await Promise.race([ended, sleep(everyMs, false)]))) {
    const asked = performance.now();
    // While continue-as-new passes to a new execution a query may fail: it is asked again.
    const progress = await handle.query(progressQuery).catch(() => null);
    if (!progress) continue;
    if (progress.status === 'needs attention')
      throw new Error(`the run ${handle.workflowId} waits for a decision: ${progress.lastProblem}`);
    look?.(progress, performance.now() - asked);
  }
}
