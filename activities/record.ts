import { saveEvent } from '../src/store/events';
import { spendOf, type Spend } from '../src/store/ledger';
import { saveState } from '../src/store/runs';
import type { FlywheelState } from '../workflows/types';
import { asActivity } from './context';
import type { Deps } from './deps';

export function createRecordActivities({ store }: Deps) {
  const { pool } = store;
  return {
    /** Keeps the workflow's state, so that a closed run can go on from Postgres, and tells what has been spent. */
    keepState: ({ run, state, status }: { run: string; state: FlywheelState; status: string }): Promise<Spend> =>
      asActivity(async () => {
        await saveState(pool, run, state, status);
        return spendOf(pool, run);
      }),

    /** Appends to the run's events. */
    recordEvent: (event: { run: string; kind: string; sentence: string }): Promise<void> =>
      asActivity(() => saveEvent(pool, { ...event, detail: {} })),
  };
}
