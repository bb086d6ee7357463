import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { HEARTBEAT } from '../src/config/heartbeat';
import type { RunPlan } from './types';

/** What only notes something (`note`) is tried until the database is back: what it notes must not be lost. */
export type Kind = 'quick' | 'note' | 'resolve' | 'batch' | 'training' | 'serving';

// What heartbeats learns of a cancellation within seconds; waiting for its end, nothing that follows overlaps it.
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
const retry = { initialInterval: '1s', maximumInterval: '30s', backoffCoefficient: 2 } as const;

/** Time-outs and retries of an activity by its kind. */
export function activityOptions(
  kind: Kind,
  { batchSeconds, trainingSeconds }: Pick<RunPlan['heartbeat'], 'batchSeconds' | 'trainingSeconds'> = HEARTBEAT,
): ActivityOptions {
  switch (kind) {
    case 'batch':
      return {
        startToCloseTimeout: '12h',
        heartbeatTimeout: batchSeconds * 1000,
        cancellationType,
        retry: { ...retry, maximumAttempts: 20 },
      };
    case 'training':
      return {
        startToCloseTimeout: '60d',
        heartbeatTimeout: trainingSeconds * 1000,
        cancellationType,
        // Workers that die during days of training count too; a trainer that crashes stops much earlier (activities/train.ts).
        retry: { ...retry, maximumAttempts: 50 },
      };
    case 'serving':
      return {
        startToCloseTimeout: '2h',
        heartbeatTimeout: trainingSeconds * 1000,
        cancellationType,
        retry: { ...retry, maximumAttempts: 8 },
      };
    case 'resolve':
      return { startToCloseTimeout: '2h', heartbeatTimeout: '60s', retry: { ...retry, maximumAttempts: 5 } };
    case 'note':
      return { startToCloseTimeout: '2m', heartbeatTimeout: batchSeconds * 1000, retry };
    case 'quick':
      return {
        startToCloseTimeout: '15m',
        // As long as for training: a fit of many battles may hold the worker's thread for some seconds.
        heartbeatTimeout: trainingSeconds * 1000,
        retry: { ...retry, maximumAttempts: 8 },
      };
  }
}
