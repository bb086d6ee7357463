import { patched as isPatched } from '@temporalio/workflow';

/**
 * Changes of what a workflow tells Temporal to do, made since its histories were first kept (docs/upgrading.md). A run
 * that began before such a change goes on as it began.
 */
export type Patch =
  /** The search attribute FlywheelStage says `done` of a complete run. */
  | 'stage-done'
  /** An arena that the step in progress has played to its end is not walked again when the step is done again. */
  | 'played-once';

/** Whether this run began, or came to this place, after the change. */
export const patched = (patch: Patch): boolean => isPatched(patch);
