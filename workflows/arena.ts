import { createFlow } from './flow';
import { evaluate } from './evaluate';
import { keep, resolve } from './lifecycle';
import { runStart } from './stage';
import type { FlywheelInput, Place, RatedPlayer } from './types';

export interface ArenaResult {
  run: string;
  leaderboard: RatedPlayer[];
}

/**
 * One arena alone: every pair of players on every test prompt, rated. It takes the flywheel's configuration; a target, if
 * there is one, plays as it is, and nothing is trained.
 */
export async function arena(input: FlywheelInput = {}): Promise<ArenaResult> {
  const flow = createFlow();
  flow.begin(await resolve(flow, input, 'arena'));
  const place: Place = { round: 0, stage: 'start', attempt: flow.state().attempt };
  await flow.untilRunning();
  flow.enter(place);
  while (!(await flow.interruptible(() => playOnce(flow, place)))) await flow.untilRunning();
  await keep(flow, 'done');
  flow.finish();
  return { run: flow.plan().run, leaderboard: flow.leaderboard() };
}

async function playOnce(flow: ReturnType<typeof createFlow>, place: Place): Promise<void> {
  await (flow.plan().hasTarget ? runStart(flow, place) : evaluate(flow, place, null));
}
