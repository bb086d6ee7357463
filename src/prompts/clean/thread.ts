import { Worker } from 'node:worker_threads';
import { messageOf, UserError } from '../../errors';

/** A worker thread that answers each question it is sent with one message, in the order of the questions. */
export interface Thread<Question, Answer> {
  /** Errors (UserError): the thread could not start or has died, now or before. */
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
}

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** Starts a program as a thread. What goes wrong in it is the answer to every question that waits, and to every later one. */
export function startThread<Question, Answer>(program: string, workerData: unknown): Thread<Question, Answer> {
  // A small young generation: short-lived garbage is all that grows in such a thread.
  const worker = new Worker(program, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 8 } });
  const waiting: Waiting<Answer>[] = [];
  let failure: UserError | null = null;
  const fail = (reason: string) => {
    failure ??= new UserError(`A thread of ours (${program}) failed: ${reason}.`);
    for (const one of waiting.splice(0)) one.reject(failure);
  };
  worker.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  worker.on('messageerror', (error) => fail(messageOf(error)));
  worker.on('error', (error) => fail(messageOf(error)));
  worker.on('exit', (code) => fail(`it ended with code ${code}`));
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        waiting.push({ resolve, reject });
        // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(question);
      }),
    stop: async () => {
      await worker.terminate();
    },
  };
}
