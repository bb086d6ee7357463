import type { Activities } from '../activities';

/** What a worker may do; each of these has a task queue of its own, which any number of workers serve. */
export const ROLES = ['orchestrator', 'battles', 'training', 'host'] as const;
export type Role = (typeof ROLES)[number];

/** Where workflows are started, and what notes and counts is done: it needs Temporal and Postgres, nothing else. */
export const TASK_QUEUE = 'flywheel';

/** The queue of a role. @param main where the workflow itself is worked on. */
export const queueOf = (role: Role, main = TASK_QUEUE): string => (role === 'orchestrator' ? main : `${main}-${role}`);

/**
 * The role of each activity. What reads the files that a configuration names, the artifacts, or starts servers of ours is
 * bound to a host that has them.
 */
const ROLE_OF: Readonly<Record<keyof Activities, Role>> = {
  resolveConfig: 'host',
  checkSettings: 'host',
  planArena: 'host',
  growArena: 'orchestrator',
  playBatch: 'battles',
  reportArena: 'orchestrator',
  reopenArena: 'orchestrator',
  buildDatasets: 'host',
  train: 'training',
  enterBase: 'host',
  serve: 'host',
  benchmark: 'host',
  markCheckpoints: 'orchestrator',
  decideGate: 'orchestrator',
  settleGate: 'orchestrator',
  rateRun: 'host',
  keepState: 'orchestrator',
  noteAction: 'orchestrator',
  recordEvent: 'orchestrator',
  requireWorkers: 'orchestrator',
};

/** Who does an activity of a run. @param battlesOnHost servers that only their own host reaches answer in its battles. */
export function roleOf(activity: keyof Activities, battlesOnHost: boolean): Role {
  return activity === 'playBatch' && battlesOnHost ? 'host' : ROLE_OF[activity];
}
