import { ActivityFailure, ApplicationFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { causeOf, type Flow } from './flow';
import { operate } from './operate';
import { keptCheckpoints } from './steps';
import type { Continued, FlywheelInput } from './types';

/** The plan and state: carried by continue-as-new, or from the first activity, whose failure is the run's own sentence. */
export async function resolve(flow: Flow, input: FlywheelInput, kind: 'flywheel' | 'arena'): Promise<Continued> {
  const { continued, ...asked } = input ?? {};
  if (continued && workflowInfo().continuedFromExecutionRunId) return continued;
  const run = workflowInfo().workflowId;
  try {
    const resolved = await flow
      .run('resolve', 'check and freeze the configuration')
      .resolveConfig({ run, input: asked, kind });
    return asked.rollback ? await rolledBack(flow, resolved, asked.rollback) : resolved;
  } catch (error) {
    if (error instanceof ActivityFailure && !isCancellation(error))
      throw ApplicationFailure.nonRetryable(causeOf(error), 'InvalidConfiguration');
    throw error;
  }
}

/** Takes a closed run back before it goes on, noted as a rollback of an open one is. */
async function rolledBack(
  flow: Flow,
  { plan, state }: Continued,
  rollback: NonNullable<FlywheelInput['rollback']>,
): Promise<Continued> {
  const result = operate(plan, state, null, 'rollback', rollback);
  if ('refusal' in result) throw ApplicationFailure.nonRetryable(result.refusal, 'Refused');
  const back = { ...result.state, lastAction: `rollback: ${result.sentence}` };
  const { run } = plan;
  await flow.run('note', 'mark the abandoned checkpoints').supersede({ run, kept: keptCheckpoints(back) });
  await flow.run('note', 'keep the state').keepState({ run, state: back, status: 'running' });
  return { plan, state: back };
}

/** Keeps the state in Postgres, so that a closed run can go on from there. */
export async function keep(flow: Flow, status: string): Promise<void> {
  flow.bill(await flow.run('note', 'keep the state').keepState({ run: flow.plan().run, state: flow.state(), status }));
}
