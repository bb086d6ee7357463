import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { causeOf, createFlow, type Flow } from './flow';
import { operate } from './operate';
import { endRound } from './round';
import { runStage, runStart } from './stage';
import { champion, nextStep } from './steps';
import type { Continued, FinishedStep, FlywheelInput, Interval, Place } from './types';

export interface FlywheelResult {
  run: string;
  champion: string;
  rating: Interval | null;
  rounds: number;
}

/**
 * A run of the flywheel: round 0 rates the start, then each round battles, trains, gates and rates. Its key is the
 * workflow id; a closed id that is started again goes on from Postgres.
 */
export async function flywheel(input: FlywheelInput = {}): Promise<FlywheelResult> {
  const flow = createFlow();
  flow.begin(await resolve(flow, input));
  try {
    for (;;) {
      await flow.untilRunning();
      const place = nextStep(flow.plan(), flow.state());
      if (!place) break;
      flow.enter(place);
      const finished = await flow.interruptible(async () => {
        await finishStep(flow, await runStep(flow, place));
      });
      if (finished && place.stage === 'round' && nextStep(flow.plan(), flow.state())) await flow.renew();
    }
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => keep(flow, 'cancelled'));
    throw error;
  }
  await keep(flow, 'done');
  flow.finish();
  const state = flow.state();
  return { run: flow.plan().run, champion: champion(state).label, rating: state.finished.at(-1)?.rating ?? null, rounds: flow.plan().rounds };
}

/** The plan and state: carried by continue-as-new, or from the first activity, whose failure is the run's own sentence. */
async function resolve(flow: Flow, input: FlywheelInput): Promise<Continued> {
  const { continued, ...asked } = input ?? {};
  if (continued && workflowInfo().continuedFromExecutionRunId) return continued;
  const run = workflowInfo().workflowId;
  try {
    const resolved = await flow.run('resolve', 'check and freeze the configuration').resolveConfig({ run, input: asked });
    return asked.rollback ? rolledBack(resolved, asked.rollback) : resolved;
  } catch (error) {
    if (error instanceof ActivityFailure && !isCancellation(error)) throw ApplicationFailure.nonRetryable(causeOf(error), 'InvalidConfiguration');
    throw error;
  }
}

function rolledBack({ plan, state }: Continued, rollback: NonNullable<FlywheelInput['rollback']>): Continued {
  const result = operate(plan, state, null, 'rollback', rollback);
  if ('refusal' in result) throw ApplicationFailure.nonRetryable(result.refusal, 'Refused');
  return { plan, state: { ...result.state, lastAction: `rollback: ${result.sentence}` } };
}

function runStep(flow: Flow, place: Place): Promise<FinishedStep> {
  if (place.stage === 'start') return runStart(flow, place);
  return place.stage === 'round' ? endRound(flow, place) : runStage(flow, place);
}

/** Notes a finished step, and pauses where the operator wants to trigger the next one by hand. */
async function finishStep(flow: Flow, step: FinishedStep): Promise<void> {
  const { pauseAfter } = flow.plan();
  const state = flow.state();
  const pause = (pauseAfter === 'stage' && step.stage !== 'start') || (pauseAfter === 'round' && step.stage === 'round');
  flow.update({
    finished: [...state.finished, step],
    paused: state.paused ?? (pause ? { mode: 'drain', reason: `pauseAfter: ${pauseAfter}` } : null),
  });
  await CancellationScope.nonCancellable(() => keep(flow, 'running'));
}

async function keep(flow: Flow, status: string): Promise<void> {
  flow.bill(await flow.run('quick', 'keep the state').keepState({ run: flow.plan().run, state: flow.state(), status }));
}
