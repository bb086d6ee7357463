import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer holds. */
export async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean, seconds = 120): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`not so after ${seconds} s: ${JSON.stringify(value)}`);
    await sleep(50);
  }
}
