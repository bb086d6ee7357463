import { lookAt, causeText, type Look } from '../../operating/look';
import type { DashboardDeps } from '../deps';

/** A worker that lives answers in a few milliseconds; a page does not wait longer for one that does not. */
const ANSWER_MS = 4000;
/** Pages that ask at the same time share one answer. */
const FRESH_MS = 700;

export const lookKey = (run: string) => `look ${run}`;

/** A run's workflow from outside; where the server does not answer, that is the trouble. Null: not known yet. */
export async function lookSoon({ temporal, soon }: DashboardDeps, run: string): Promise<Look | null> {
  const found = await soon.get(
    lookKey(run),
    () =>
      lookAt(temporal.client, run, ANSWER_MS).catch((error: unknown): Look => ({
        state: 'none',
        progress: null,
        trouble: `The Temporal server does not answer (${causeText(error)}). Start it: npx flywheel up`,
      })),
    FRESH_MS,
  );
  return found.state === 'ready' ? found.value : null;
}
