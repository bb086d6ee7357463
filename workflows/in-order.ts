import { CancellationScope, condition } from '@temporalio/workflow';

/**
 * Does one piece of work after the other, in the order in which they came, whatever is cancelled meanwhile: so what
 * stands in Postgres follows the order in which it happened.
 */
export function createInOrder() {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    do<T>(work: () => Promise<T>): Promise<T> {
      waiting++;
      const done = last.then(() => CancellationScope.nonCancellable(work)).finally(() => waiting--);
      last = done.catch(() => undefined);
      return done;
    },
    busy: () => waiting > 0,
    /** Settles when nothing is left to do. */
    idle: (): Promise<void> => CancellationScope.nonCancellable(() => condition(() => waiting === 0)),
  };
}
