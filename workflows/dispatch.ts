import {
  ActivityFailure,
  scheduleActivity,
  TimeoutFailure,
  workflowInfo,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { HEARTBEAT } from '../src/config/heartbeat';
import { activityOptions, type Kind } from './options';
import { queueOf, roleOf, type Role } from './queues';
import type { RunPlan } from './types';

/** A busy queue is looked at more and more rarely, so that waiting costs a few events. */
const LONGEST_WAIT = 5;

/**
 * Starts activities on the queue of their role. One that no worker takes in time asks whether its queue is served at all: if so
 * all workers are busy, and it waits on; if not it fails with the sentence that parks the run. What the orchestrator does itself
 * has no such limit: without one nobody would notice.
 * @param firstSeconds the patience until the plan is known.
 */
export function createDispatch(planned: () => RunPlan | null, firstSeconds: number = HEARTBEAT.queueSeconds) {
  const looks = new Map<Role, Promise<void>>();

  /** Many batches wait together, and look once. */
  function requireWorkers(role: Role, queue: string): Promise<void> {
    const pending = looks.get(role);
    if (pending) return pending;
    const options = { ...activityOptions('quick', planned()?.heartbeat), summary: `look who serves ${queue}` };
    const look = scheduleActivity<void>('requireWorkers', [{ role, queue }], options).finally(() => looks.delete(role));
    looks.set(role, look);
    return look;
  }

  async function untilTaken(name: string, args: unknown[], role: Role, options: ActivityOptions): Promise<unknown> {
    const taskQueue = queueOf(role, workflowInfo().taskQueue);
    const seconds = planned()?.heartbeat.queueSeconds ?? firstSeconds;
    for (let wait = 1; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        return await scheduleActivity(name, args, {
          ...options,
          taskQueue,
          scheduleToStartTimeout: wait * seconds * 1000,
        });
      } catch (error) {
        if (!isUntaken(error)) throw error;
      }
      await requireWorkers(role, taskQueue);
    }
  }

  /** Activities with the time-outs of their kind; the summary stands in the UI's timeline. */
  return (kind: Kind, summary: string): ActivityInterfaceFor<Activities> =>
    new Proxy({} as ActivityInterfaceFor<Activities>, {
      get:
        (_, name: keyof Activities) =>
        (...args: unknown[]) => {
          const plan = planned();
          const options = { ...activityOptions(kind, plan?.heartbeat), summary: summary.slice(0, 190) };
          const role = roleOf(name, plan?.battlesOnHost ?? false);
          if (role === 'orchestrator') return scheduleActivity(name, args, options);
          return untilTaken(name, args, role, options);
        },
    });
}

const isUntaken = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'SCHEDULE_TO_START';
