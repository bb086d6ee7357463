import { isCancellation } from '@temporalio/workflow';
import { createFlow, type Flow } from './flow';
import { carriedBy, resolve } from './lifecycle';
import { endRound } from './round';
import { runStage, runStart } from './stage';
import { champion, labelOf, nextStep } from './steps';
import type { FinishedStep, FlywheelInput, Interval, Place } from './types';

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
  const carried = carriedBy(input);
  const flow = createFlow(carried, input);
  if (!carried) flow.begin(await resolve(flow, input, 'flywheel'));
  try {
    for (;;) {
      await flow.untilReady();
      const place = nextStep(flow.plan(), flow.state());
      if (!place) {
        await flow.keep('done');
        await flow.settled();
        // An operator may have gone back at the last moment.
        if (nextStep(flow.plan(), flow.state()) || flow.state().paused) continue;
        break;
      }
      flow.enter(place);
      const finished = await flow.interruptible(async () => {
        await finishStep(flow, await runStep(flow, place));
      });
      if (finished && place.stage === 'round' && nextStep(flow.plan(), flow.state())) await flow.renew();
    }
  } catch (error) {
    if (isCancellation(error)) await flow.keep('cancelled');
    throw error;
  }
  flow.finish();
  const state = flow.state();
  return {
    run: flow.plan().run,
    champion: champion(state).label,
    rating: state.finished.at(-1)?.rating ?? null,
    rounds: flow.plan().rounds,
  };
}

function runStep(flow: Flow, place: Place): Promise<FinishedStep> {
  if (place.stage === 'start') return runStart(flow, place);
  return place.stage === 'round' ? endRound(flow, place) : runStage(flow, place);
}

/** Notes a finished step, and pauses where the operator wants to trigger the next one by hand. */
async function finishStep(flow: Flow, step: FinishedStep): Promise<void> {
  const plan = flow.plan();
  const { pauseAfter } = plan;
  const state = flow.state();
  // A rollback in the moment of its end has abandoned it.
  const expected = nextStep(plan, state);
  if (!expected || labelOf(expected) !== labelOf(step)) return;
  const finished = [...state.finished, step];
  const pause =
    nextStep(plan, { ...state, finished }) !== null &&
    ((pauseAfter === 'stage' && step.stage !== 'start') || (pauseAfter === 'round' && step.stage === 'round'));
  flow.update({
    finished,
    played: [],
    paused: state.paused ?? (pause ? { mode: 'drain', reason: `pauseAfter: ${pauseAfter}` } : null),
  });
  await flow.keep('running');
}
