import type { Pool } from 'pg';
import { BEAT_SECONDS, removeWorker, saveWorker, type WorkerRow } from './store/workers';

/**
 * Says that a worker is there, again and again, until it ends. Temporal knows who polls a task queue, not who is there: a worker
 * whose hands are full does not poll.
 */
export async function announceWorker(pool: Pool, worker: WorkerRow): Promise<{ stop(): Promise<void> }> {
  await saveWorker(pool, worker);
  // A database that is away for a moment is no reason to end; the next sign comes soon.
  const beat = () => void saveWorker(pool, worker).catch(() => undefined);
  const timer = setInterval(beat, BEAT_SECONDS * 1000);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await removeWorker(pool, worker.id).catch(() => undefined);
    },
  };
}
