import { Rate } from '../../../../src/models/limits/rate';

/** Milliseconds after which a refusal is seen. */
const REFUSED_AFTER = 5;

interface World {
  /** Calls a second that the endpoint takes, and how many more at once. */
  limit: (second: number) => number;
  burst: number;
  /** Calls a second that would be sent without a limit, by each worker. */
  offered: number;
  workers?: number;
  /** Share that is refused whatever the rate. */
  noise?: number;
  seconds?: number;
}

/** Workers that learn the limit of one endpoint with a token bucket, second by second, on a clock of milliseconds. */
function simulate({ limit, burst, offered, workers = 1, noise = 0, seconds = 60 }: World) {
  const rates = Array.from({ length: workers }, () => new Rate());
  const due = Array.from({ length: workers }, () => 0);
  const refusals: { at: number; rate: Rate; sentAt: number }[] = [];
  const taken: number[] = [];
  const attempts: number[] = [];
  let bucket = burst;
  let turn = 0;
  for (let now = 1; now < seconds * 1000; now++) {
    const second = Math.floor(now / 1000);
    bucket = Math.min(burst, bucket + limit(second) / 1000);
    while (refusals[0] && refusals[0].at <= now) {
      const { rate, sentAt } = refusals.shift()!;
      rate.refused(sentAt, now);
    }
    for (const [index, rate] of rates.entries())
      for (due[index] = Math.max(due[index]!, now - 50); due[index] <= now && rate.wait(now) <= 0;) {
        due[index] += 1000 / offered;
        rate.sent(now);
        attempts[second] = (attempts[second] ?? 0) + 1;
        turn = (turn * 1_103_515_245 + 12_345) % 2 ** 31;
        if (bucket >= 1 && turn / 2 ** 31 >= noise) {
          bucket--;
          taken[second] = (taken[second] ?? 0) + 1;
        } else refusals.push({ at: now + REFUSED_AFTER, rate, sentAt: now });
      }
  }
  const sum = (counts: number[], from: number) => counts.slice(from).reduce((total, count) => total + (count ?? 0), 0);
  return {
    rates,
    /** Share of what the endpoint takes, and attempts for each success, from a second on. */
    from: (second: number) => {
      const able = Array.from({ length: seconds - second }, (_, index) => limit(second + index));
      const successes = sum(taken, second);
      return { used: successes / sum(able, 0), attempts: sum(attempts, second) / successes };
    },
  };
}

test.each([
  ['100 calls a second with a second of burst', { limit: () => 100, burst: 100, offered: 140 }],
  ['1,000 calls a second', { limit: () => 1000, burst: 1000, offered: 1400 }],
  ['hardly any burst', { limit: () => 100, burst: 5, offered: 140 }],
  ['far more is offered', { limit: () => 50, burst: 50, offered: 2000 }],
  ['ten calls a second', { limit: () => 10, burst: 10, offered: 14 }],
])('at least 90%% of a limit, without a storm: %s', (_name, world) => {
  const { used, attempts } = simulate(world).from(15);
  expect(used).toBeGreaterThan(0.9);
  expect(attempts).toBeLessThan(1.12);
});

test('several workers come to one limit without a lock', () => {
  const { used, attempts } = simulate({ limit: () => 100, burst: 100, offered: 140, workers: 3 }).from(15);
  expect(used).toBeGreaterThan(0.9);
  expect(attempts).toBeLessThan(1.12);
});

test('a limit that falls is met within seconds, one that rises is found', () => {
  const fallen = simulate({ limit: (second) => (second < 20 ? 200 : 50), burst: 50, offered: 400, seconds: 40 }).from(
    25,
  );
  expect(fallen.used).toBeGreaterThan(0.85);
  expect(fallen.attempts).toBeLessThan(1.15);
  const risen = simulate({ limit: (second) => (second < 20 ? 50 : 200), burst: 50, offered: 400 }).from(45);
  expect(risen.used).toBeGreaterThan(0.85);
});

test('refusals that do not depend on the rate do not lower it for ever', () => {
  const { from } = simulate({ limit: () => 1e6, burst: 1e6, offered: 500, noise: 0.1 });
  expect(from(30).attempts).toBeCloseTo(1 / 0.9, 1);
  expect(from(30).used * 1e6).toBeGreaterThan(0.8 * 450);
});

test.each([1, 2, 3, 4, 5])(
  'a tenth refused at random, of bursts with pauses between them, lowers it little (seed %i)',
  (seed) => {
    const rate = new Rate();
    let state = seed;
    const draw = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    const due: number[] = [];
    const refusals: { at: number; sentAt: number }[] = [];
    let [now, sent, began] = [0, 0, 0];
    // Sixty calls each three seconds; what is refused comes again a second later.
    while (sent < 6000 && began < 150) {
      now++;
      if (now % 3000 === 1) {
        for (let call = 0; call < 60; call++) due.push(now);
        began++;
      }
      while (refusals[0] && refusals[0].at <= now) rate.refused(refusals.shift()!.sentAt, now);
      due.sort((a, b) => a - b);
      while (due.length > 0 && due[0]! <= now && rate.wait(now) <= 0) {
        due.shift();
        rate.sent(now);
        sent++;
        if (draw() >= 0.1) continue;
        refusals.push({ at: now + REFUSED_AFTER, sentAt: now });
        due.push(now + 1000);
      }
    }
    expect(began).toBeLessThan(150);
  },
);

test('in a quiet time a lowered rate grows: nothing that is refused speaks against it', () => {
  const rate = new Rate();
  for (const sentAt of [1, 2, 3, 4, 5, 6]) rate.sent(sentAt);
  rate.refused(5, 7);
  rate.refused(6, 8);
  rate.wait(1500);
  const lowered = rate.limit;
  expect(lowered).toBeLessThan(Infinity);
  for (let now = 2000; now < 100_000; now += 1000) rate.wait(now);
  expect(rate.limit).toBeGreaterThan(lowered);
});

test('without a refusal there is no limit; where all are refused the rate falls far', () => {
  expect(simulate({ limit: () => 1e6, burst: 1e6, offered: 100, seconds: 5 }).rates[0]?.limit).toBe(Infinity);
  const closed = simulate({ limit: () => 1e-9, burst: 0, offered: 100, seconds: 20 });
  expect(closed.rates[0]?.limit).toBeLessThan(1);
});
