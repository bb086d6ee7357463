import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { BUDGET_REACHED, FOR_USER } from './types';

/** What a message or an update is refused with. */
export const refused = (sentence: string) => ApplicationFailure.nonRetryable(sentence, 'Refused');

/** What an activity failed with, where its type is this one. */
function activityFailure(failure: unknown, type: string): ApplicationFailure | null {
  const cause = failure instanceof ActivityFailure ? failure.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === type ? cause : null;
}

/** What a run had spent when its cap stopped a call (activities/context.ts); undefined for another failure. */
export function spentBy(failure: unknown): number | undefined {
  const reached = activityFailure(failure, BUDGET_REACHED);
  return reached ? Number(reached.details?.[0] ?? 0) : undefined;
}

/** Whether a failure is a mistake that only the user can mend, not one that passes. */
export const isForUser = (failure: unknown): boolean => activityFailure(failure, FOR_USER) !== null;

/** The innermost message of a failure: what really happened, without Temporal's wrapping. */
export function causeOf(error: unknown): string {
  let inner = error as { message?: string; cause?: unknown };
  while (inner.cause) inner = inner.cause;
  return inner.message ?? String(error);
}
