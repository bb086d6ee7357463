import { UserError } from '../errors';

/** Lets at most `limit` holders in at a time; the others wait in the order in which they came. */
export class Limiter {
  /** A Set keeps the order of insertion and forgets a waiter that gave up in constant time. */
  private readonly waiting = new Set<() => void>();
  private held = 0;

  constructor(private readonly limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new UserError(`concurrency must be a whole number of at least 1, not ${limit}.`);
  }

  get active(): number {
    return this.held;
  }

  get queued(): number {
    return this.waiting.size;
  }

  /**
   * Waits for a slot and returns the function that gives it back (calling it again does nothing).
   * @throws the signal's reason when it aborts before the slot is there.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.held < this.limit) this.held += 1;
    else await this.turn(signal);
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      this.release();
    };
  }

  private turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const grant = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.waiting.delete(grant);
        reject(signal?.reason as Error);
      };
      this.waiting.add(grant);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Hands the slot to the first in the queue, so that a newcomer never overtakes. */
  private release(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.held -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
