import { Limiter } from '../../../src/models/limiter';

test('lets the limit in, and the others in the order in which they came', async () => {
  const limiter = new Limiter(2);
  const releases = [await limiter.acquire(), await limiter.acquire()];
  const order: string[] = [];
  const waiters = ['first', 'second', 'third'].map(async (name) => {
    const release = await limiter.acquire();
    order.push(name);
    return release;
  });
  expect([limiter.active, limiter.queued]).toEqual([2, 3]);
  releases[0]?.();
  releases[0]?.(); // Given back once only.
  await waiters[0];
  expect(order).toEqual(['first']);
  for (const waiter of waiters) (await (releases[1]?.(), waiter))();
  expect(order).toEqual(['first', 'second', 'third']);
  await Promise.all(waiters);
  expect([limiter.active, limiter.queued]).toEqual([0, 0]);
});

test('one that gives up leaves the queue and takes no slot', async () => {
  const limiter = new Limiter(1);
  const release = await limiter.acquire();
  const controller = new AbortController();
  const gone = limiter.acquire(controller.signal);
  const next = limiter.acquire();
  controller.abort(new Error('enough'));
  await expect(gone).rejects.toThrow('enough');
  expect(limiter.queued).toBe(1);
  release();
  (await next)();
  expect(limiter.active).toBe(0);
  await expect(limiter.acquire(controller.signal)).rejects.toThrow('enough');
});

test.each([0, -1, 1.5, Number.NaN])('a limit of %s is refused', (limit) => {
  expect(() => new Limiter(limit)).toThrow(/whole number/);
});
