import { isCancellation } from '@temporalio/workflow';
import { evaluate } from './evaluate';
import { createFlow, type Flow } from './flow';
import { carriedBy, resolve } from './lifecycle';
import { runStart } from './stage';
import type { FlywheelInput, Place, RatedPlayer } from './types';

export interface ArenaResult {
  run: string;
  leaderboard: RatedPlayer[];
}

/**
 * One arena alone: every pair of players on every test prompt, rated. It takes the flywheel's configuration; a target, if
 * there is one, plays as it is, and nothing is trained. Its key is the workflow id. A closed id that is started again plays
 * what is missing: nothing, where it was complete.
 */
export async function arena(input: FlywheelInput = {}): Promise<ArenaResult> {
  const carried = carriedBy(input);
  const flow = createFlow(carried, input);
  if (!carried) flow.begin(await resolve(flow, input, 'arena'));
  const place: Place = { round: 0, stage: 'start', attempt: flow.state().attempt };
  try {
    do {
      await flow.untilRunning();
      flow.enter(place);
    } while (!(await flow.interruptible(() => playOnce(flow, place))));
  } catch (error) {
    if (isCancellation(error)) await flow.keep('cancelled');
    throw error;
  }
  await flow.keep('done');
  await flow.settled();
  flow.finish();
  return { run: flow.plan().run, leaderboard: flow.leaderboard() };
}

/** All battles, and their ratings. Without a target the search attributes name the player that leads. */
async function playOnce(flow: Flow, place: Place): Promise<void> {
  if (flow.plan().hasTarget) {
    await runStart(flow, place);
    return;
  }
  await evaluate(flow, place, null);
  const [leader] = flow.leaderboard();
  if (leader) flow.rate({ label: leader.player, rating: leader.rating }, []);
}
