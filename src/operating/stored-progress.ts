import type { Pool } from 'pg';
import type { LeaderboardBody } from '../../activities/rating';
import { stepsOf } from '../../workflows/progress';
import { allSteps } from '../../workflows/steps';
import type { FlywheelState, Progress } from '../../workflows/types';
import { spendOf } from '../store/ledger';
import { leaderboardsOf } from '../store/results';
import { loadRun, type Run } from '../store/runs';

/** Where a run stands by the database alone: as of its last finished step. Null when the database does not know it. */
export async function storedProgress(pool: Pool, id: string): Promise<Progress | null> {
  const run = await loadRun(pool, id);
  if (!run) return null;
  const board = (await leaderboardsOf<LeaderboardBody>(pool, id)).findLast(
    ({ judge, superseded }) => judge === 'evaluation' && !superseded,
  );
  const state = run.state as FlywheelState | null;
  const next = nextOf(run);
  const isDone = run.status === 'done' && next === null;
  return {
    run: id,
    name: run.config.name,
    status: isDone ? 'done' : state === null ? 'starting' : state.paused ? 'paused' : 'running',
    round: next?.round ?? run.config.rounds,
    rounds: run.config.rounds,
    stage: next?.stage ?? 'round',
    step: isDone ? 'complete' : `as last stored (${run.status})`,
    done: 0,
    total: 0,
    rate: null,
    etaSeconds: null,
    spend: await spendOf(pool, id),
    budgetUsd: state?.budgetUsd ?? run.config.budget.usd,
    steps: state ? stepsOf(state) : [],
    leaderboard: (board?.body.table.models ?? []).map(({ model, rating, lower, upper }) => ({
      player: model,
      rating,
      lower,
      upper,
    })),
    lastAction: state?.lastAction ?? null,
    lastProblem: state?.lastProblem ?? null,
    nextAction: isDone ? 'none needed' : 'none known',
  };
}

/** The step that follows those that a run has finished; null when it has finished all. An arena alone has no steps: its status tells. */
export function nextOf({ config, state, status }: Run): ReturnType<typeof allSteps>[number] | null {
  if (status === 'done') return null;
  return allSteps(config)[(state as FlywheelState | null)?.finished.length ?? 0] ?? null;
}
