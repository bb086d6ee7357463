import type { Pool } from 'pg';
import { labelOf } from '../../workflows/steps';
import type { FlywheelState } from '../../workflows/types';
import { UserError } from '../errors';
import type { Run } from '../store/runs';
import type { Leaderboard } from '../store/results';
import type { JudgeRole } from './document';

/** Evaluation arenas that a leaderboard was fitted on, by judge. */
export type Arenas = Record<JudgeRole, string[]>;

/** The newest leaderboard of a finished step; of an arena alone, which has no steps, its only one. */
export function newestBoard<Body>(
  run: Pick<Run, 'state'>,
  boards: readonly Leaderboard<Body>[],
): Leaderboard<Body> | undefined {
  const labels = finishedOf(run).map(labelOf);
  return boards.findLast(
    ({ judge, label }) => judge === 'evaluation' && (labels.length === 0 || labels.includes(label)),
  );
}

function finishedOf({ state }: Pick<Run, 'state'>): FlywheelState['finished'] {
  return (state as FlywheelState | null)?.finished ?? [];
}

/**
 * The arenas behind a leaderboard: of a run, those that its finished steps name; of an arena alone, or a run that still
 * rates its start, those that it played.
 * @throws UserError where the leaderboard's step is in progress, or was rolled back.
 */
export async function arenasOf(pool: Pool, run: Run, label: string): Promise<Arenas> {
  const finished = finishedOf(run);
  const last = finished.findIndex((step) => labelOf(step) === label);
  if (last >= 0) {
    const rated = finished.slice(0, last + 1).flatMap(({ evaluation }) => evaluation?.arenas ?? []);
    return { evaluation: rated.map((arenas) => arenas.evaluation), data: rated.flatMap((arenas) => arenas.data ?? []) };
  }
  if (finished.length > 0)
    throw new UserError(
      `${label} is no finished step of ${run.id} (it is in progress, or was rolled back), so the games behind its leaderboard are not settled. Finished: ${finished.map(labelOf).join(', ')}`,
    );
  const { rows } = await pool.query<{ id: string }>(
    `select id from arenas where run = $1 and purpose = 'evaluation' and stage = 'start' order by id`,
    [run.id],
  );
  const ids = rows.map(({ id }) => id);
  return {
    evaluation: ids.filter((id) => id.endsWith('/evaluation')),
    data: ids.filter((id) => id.endsWith('/evaluation-data')),
  };
}
