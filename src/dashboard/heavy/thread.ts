/** The thread of `createHeavy`: questions in, replies out, in the same order. */
import { parentPort, workerData } from 'node:worker_threads';
import { Pool } from 'pg';
import { InputError } from '../../arena/input-error';
import { messageOf, UserError } from '../../errors';
import type { Reply } from './heavy';
import { answerQuestion, type Question } from './questions';

const pool = new Pool({ connectionString: String(workerData), max: 1, application_name: 'arena-flywheel dashboard' });
pool.on('error', () => undefined);

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (question: Question) => {
  last = last.then(async () => {
    const reply = await answerQuestion(pool, question).then(
      (answer): Reply => ({ answer }),
      (error: unknown): Reply =>
        UserError.isInstance(error) || InputError.isInstance(error)
          ? { refusal: messageOf(error) }
          : { error: messageOf(error) },
    );
    parentPort?.postMessage(reply);
  });
});
