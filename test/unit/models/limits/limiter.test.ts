import { Lane, type Settled } from '../../../../src/models/limits/lane';
import { Limiter, type Entry, type LimiterOptions, type Slot } from '../../../../src/models/limits/limiter';

const never = () => {
  throw new Error('nothing is sent here');
};

/** A limiter over addresses of its own, on a clock that is set by hand. */
function limiterOf(addresses: number, concurrency: number, budgets: Partial<LimiterOptions> = {}) {
  const clock = { now: 1 };
  const lanes = Array.from({ length: addresses }, (_, index) => new Lane(`http://h${index}/v1`, never, concurrency));
  const options = { requestsPerMinute: null, tokensPerMinute: null, now: () => clock.now, ...budgets };
  return { limiter: new Limiter(lanes, options), lanes, clock };
}

const entry = (more: Partial<Entry> = {}): Entry => ({
  run: 'r',
  tokens: 10,
  again: false,
  signal: undefined,
  ...more,
});

const ended = (more: Partial<Settled> = {}): Settled => ({
  ...{ outcome: 'answered', milliseconds: 5, headers: null, retryAfterMs: null, tokens: 10 },
  ...more,
});

const fail = (limiter: Limiter, not: Lane, times: number) => {
  for (let call = 0; call < times; call++) limiter.tryAcquire(entry(), not)?.settle(ended({ outcome: 'broken' }));
};

test('lets the limit in, and the others in the order in which they came', async () => {
  const { limiter } = limiterOf(1, 2);
  const slots = [await limiter.acquire(entry()), await limiter.acquire(entry())];
  const order: string[] = [];
  const waiters = ['first', 'second', 'third'].map(async (name) => {
    const slot = await limiter.acquire(entry());
    order.push(name);
    return slot;
  });
  expect([limiter.states()[0]?.inFlight, limiter.queued]).toEqual([2, 3]);
  slots[0]?.settle(ended());
  slots[0]?.settle(ended()); // Given back once only.
  await waiters[0];
  expect(order).toEqual(['first']);
  for (const waiter of waiters) (await (slots[1]?.settle(ended()), waiter)).settle(ended());
  expect(order).toEqual(['first', 'second', 'third']);
  expect([limiter.states()[0]?.inFlight, limiter.queued]).toEqual([0, 0]);
});

test('one that gives up leaves the queue and takes no place', async () => {
  const { limiter } = limiterOf(1, 1);
  const slot = await limiter.acquire(entry());
  const controller = new AbortController();
  const gone = limiter.acquire(entry({ signal: controller.signal }));
  const next = limiter.acquire(entry());
  controller.abort(new Error('enough'));
  await expect(gone).rejects.toThrow('enough');
  expect(limiter.queued).toBe(1);
  slot.settle(ended());
  (await next).settle(ended());
  expect(limiter.states()[0]?.inFlight).toBe(0);
  await expect(limiter.acquire(entry({ signal: controller.signal }))).rejects.toThrow('enough');
});

test('a run with one call does not wait for the thousand of another', async () => {
  const { limiter } = limiterOf(1, 1);
  const slot = await limiter.acquire(entry());
  const order: string[] = [];
  const wait = async (run: string) => {
    const mine = await limiter.acquire(entry({ run }));
    order.push(run);
    mine.settle(ended());
  };
  const all = [...Array.from({ length: 1000 }, () => wait('large')), wait('small')];
  slot.settle(ended());
  await Promise.all(all);
  expect(order.indexOf('small')).toBeLessThanOrEqual(1);
});

describe('budgets a minute', () => {
  test('requests go over all addresses', () => {
    const { limiter, clock } = limiterOf(2, 100, { requestsPerMinute: 600 });
    let sent = 0;
    for (; clock.now < 60_000; clock.now++)
      for (let slot: Slot | null; (slot = limiter.tryAcquire(entry())); sent++) slot.settle(ended());
    expect(sent).toBeGreaterThan(590);
    expect(sent).toBeLessThanOrEqual(602);
  });

  test('tokens count as they were in the end', () => {
    const { limiter, clock } = limiterOf(1, 100, { tokensPerMinute: 60_000 });
    let tokens = 0;
    for (; clock.now < 60_000; clock.now++)
      for (let slot: Slot | null; (slot = limiter.tryAcquire(entry({ tokens: 500 }))); tokens += 100)
        slot.settle(ended({ tokens: 100 }));
    expect(tokens).toBeGreaterThan(58_000);
    expect(tokens).toBeLessThanOrEqual(60_200);
  });

  test('who waits for the budget is woken', async () => {
    const lanes = [new Lane('http://h/v1', never, 10)];
    const limiter = new Limiter(lanes, {
      requestsPerMinute: 1200,
      tokensPerMinute: null,
      now: () => performance.now(),
    });
    const started = performance.now();
    for (let call = 0; call < 6; call++) (await limiter.acquire(entry())).settle(ended());
    expect(performance.now() - started).toBeGreaterThan(150);
  });
});

describe('waits that the endpoint asks for', () => {
  test('hold all calls until then', () => {
    const { limiter, clock } = limiterOf(1, 10);
    limiter.tryAcquire(entry())?.settle(ended({ outcome: 'limited', retryAfterMs: 5000 }));
    expect(limiter.tryAcquire(entry())).toBeNull();
    clock.now += 5000;
    expect(limiter.tryAcquire(entry())).not.toBeNull();
  });

  test('are over when a call that was sent later was answered', () => {
    const { limiter, clock } = limiterOf(1, 10);
    const refused = limiter.tryAcquire(entry())!;
    clock.now += 10;
    const later = limiter.tryAcquire(entry())!;
    clock.now += 10;
    refused.settle(ended({ outcome: 'limited', retryAfterMs: 60_000, milliseconds: 20 }));
    expect(limiter.tryAcquire(entry())).toBeNull();
    later.settle(ended({ milliseconds: 10 }));
    expect(limiter.tryAcquire(entry())).not.toBeNull();
  });

  test('concern one address only', () => {
    const { limiter, lanes } = limiterOf(2, 10);
    limiter.tryAcquire(entry(), lanes[1])?.settle(ended({ outcome: 'overloaded', retryAfterMs: 5000 }));
    expect(limiter.tryAcquire(entry())?.lane).toBe(lanes[1]);
    expect(limiter.tryAcquire(entry())?.lane).toBe(lanes[1]);
  });
});

describe('replicas', () => {
  test('the least busy one is asked', () => {
    const { limiter } = limiterOf(3, 10);
    for (let call = 0; call < 9; call++) limiter.tryAcquire(entry());
    expect(limiter.states().map(({ inFlight }) => inFlight)).toEqual([3, 3, 3]);
  });

  test('a failing one rests, is tried by one call, and is back when that is answered', () => {
    const { limiter, lanes, clock } = limiterOf(2, 10);
    const [bad, good] = lanes as [Lane, Lane];
    fail(limiter, good, 5);
    expect(limiter.states().map(({ ejected }) => ejected)).toEqual([true, false]);
    for (let call = 0; call < 10; call++) expect(limiter.tryAcquire(entry())?.lane).toBe(good);
    expect(limiter.tryAcquire(entry())).toBeNull();
    clock.now += 1000;
    const trial = limiter.tryAcquire(entry());
    expect(trial?.lane).toBe(bad);
    expect(limiter.tryAcquire(entry())).toBeNull();
    trial?.settle(ended());
    expect(limiter.states()[0]?.ejected).toBe(false);
    expect(limiter.tryAcquire(entry())?.lane).toBe(bad);
  });

  test('a trial that fails makes the rest longer', () => {
    const { limiter, lanes, clock } = limiterOf(2, 10);
    fail(limiter, lanes[1]!, 5);
    clock.now += 1000;
    fail(limiter, lanes[1]!, 1);
    clock.now += 1500;
    expect(limiter.tryAcquire(entry())?.lane).toBe(lanes[1]);
    clock.now += 500;
    expect(limiter.tryAcquire(entry())?.lane).toBe(lanes[0]);
  });

  test('where all fail, all are tried; one alone never rests', () => {
    const { limiter, lanes } = limiterOf(2, 10);
    fail(limiter, lanes[0]!, 5);
    fail(limiter, lanes[1]!, 5);
    expect(limiter.tryAcquire(entry())).not.toBeNull();
    const alone = limiterOf(1, 10);
    for (let call = 0; call < 20; call++) alone.limiter.tryAcquire(entry())!.settle(ended({ outcome: 'broken' }));
    expect(alone.limiter.tryAcquire(entry())).not.toBeNull();
  });
});
