import type { FlywheelState } from '../../workflows/types';
import type { Run } from '../store/runs';
import { nextOf } from './stored-progress';

/** A run as a list shows it; its status is that of its last finished step, as the database has it. */
export function runSummary(run: Run) {
  const finished = (run.state as FlywheelState | null)?.finished ?? [];
  const next = nextOf(run);
  const last = finished.at(-1);
  return {
    run: run.id,
    name: run.config.name,
    status: run.status,
    next:
      next &&
      (next.stage === 'start' ? 'start' : `round ${next.round}, ${next.stage === 'round' ? 'end' : next.stage}`),
    rounds: run.config.rounds,
    steps: finished.length,
    model: last?.model.label ?? null,
    rating:
      finished.findLast((step) => step.rating !== null && (step.candidate ?? step.model).label === last?.model.label)
        ?.rating ?? null,
  };
}
