import { log } from '@temporalio/activity';
import type { Db } from '../src/store/bulk';
import { saveEvent } from '../src/store/events';

/** Appends to the run's events, and says the same in the worker's log; what waits for a person is a warning there. */
export async function noteEvent(db: Db, event: Parameters<typeof saveEvent>[1]): Promise<void> {
  await saveEvent(db, event);
  const { kind, sentence, actor } = event;
  log[kind === 'attention' ? 'warn' : 'info'](sentence, { event: kind, ...(actor ? { actor } : {}) });
}
