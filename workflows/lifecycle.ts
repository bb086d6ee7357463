import { ActivityFailure, ApplicationFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { causeOf, isForUser } from './failures';
import type { Flow } from './flow';
import type { RollbackMessage } from './messages';
import { operate } from './operate';
import { keptCheckpoints } from './steps';
import type { Continued, FlywheelInput } from './types';

/** What continue-as-new carried; null in a run that was not continued, whatever its input says: the UI's form copies the last one. */
export function carriedBy(input: FlywheelInput | undefined): Continued | null {
  return (workflowInfo().continuedFromExecutionRunId && input?.continued) || null;
}

/** The plan and state from the first activity, whose failure is the run's own sentence. */
export async function resolve(flow: Flow, input: FlywheelInput, kind: 'flywheel' | 'arena'): Promise<Continued> {
  const { continued: _, ...asked } = input ?? {};
  const run = workflowInfo().workflowId;
  for (;;)
    try {
      const { wentBack, ...resolved } = await flow
        .run('resolve', 'check and freeze the configuration')
        .resolveConfig({ run, input: asked, kind, rollbackKey: rollbackKey() });
      return asked.rollback && !wentBack ? await rolledBack(flow, resolved, asked.rollback) : resolved;
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      if (isForUser(error)) throw ApplicationFailure.nonRetryable(causeOf(error), 'InvalidConfiguration');
      // Nothing is known to be wrong with the configuration: nobody has looked at it, or what it needs was away.
      await flow.parkFor('the run cannot begin', error);
    }
}

/** Of the rollback that a run is started with. A run that was reset keeps its first execution's id: it has gone back already. */
const rollbackKey = () => `${workflowInfo().firstExecutionRunId}/rollback`;

/** Takes a closed run back before it goes on, checked and noted as a rollback of an open one is. */
async function rolledBack(
  flow: Flow,
  { plan, state, ...shown }: Continued,
  rollback: RollbackMessage,
): Promise<Continued> {
  const result = operate(plan, state, null, 'rollback', rollback);
  if ('refusal' in result) throw ApplicationFailure.nonRetryable(result.refusal, 'Refused');
  const { run } = plan;
  const revised = await flow.revise(plan, rollback);
  const { sentence, reason } = result;
  const back = { ...result.state, lastAction: `rollback: ${sentence}` };
  const { historyLength } = workflowInfo();
  const sent = { key: rollbackKey(), name: 'rollback', input: rollback, via: 'start' as const };
  const action = { ...sent, update: null, after: historyLength, sentence, reason };
  await flow
    .run('note', 'note: rollback')
    .noteAction({ run, action, state: back, kept: keptCheckpoints(back), version: revised.version });
  return { ...shown, plan: revised, state: back };
}
