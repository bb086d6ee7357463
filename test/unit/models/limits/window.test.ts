import { Window } from '../../../../src/models/limits/window';
import type { Outcome } from '../../../../src/models/limits/outcome';

/** Ends so many calls of a full window, in as many waves as it takes. */
function play(window: Window, calls: number, call: (limit: number) => { outcome: Outcome; ms: number }): void {
  for (let done = 0, now = clock; done < calls;) {
    const { limit } = window;
    const ended = Array.from({ length: limit }, () => call(limit));
    now += Math.max(...ended.map(({ ms }) => ms));
    for (const { outcome, ms } of ended) window.settle(outcome, ms, limit, now);
    done += limit;
    clock = now;
  }
}

let clock = 0;
const answered = { outcome: 'answered', ms: 200 } as const;

test('it starts at its maximum and never goes beyond', () => {
  const window = new Window(64);
  play(window, 1000, () => answered);
  expect(window.limit).toBe(64);
});

test('it falls to what an endpoint takes that refuses the rest with 503, and comes back', () => {
  const window = new Window(64);
  let place = 0;
  play(window, 2000, (limit) => ({ outcome: place++ % limit < 20 ? 'answered' : 'overloaded', ms: 200 }));
  expect(window.limit).toBeGreaterThanOrEqual(18);
  expect(window.limit).toBeLessThan(30);
  play(window, 2000, () => answered);
  expect(window.limit).toBe(64);
});

test('one overloaded call in a hundred takes little; nothing but them takes all', () => {
  const window = new Window(100);
  let calls = 0;
  play(window, 5000, () => (calls++ % 100 === 0 ? { outcome: 'overloaded', ms: 5 } : answered));
  expect(window.limit).toBeGreaterThan(95);
  play(window, 2000, () => ({ outcome: 'overloaded', ms: 5 }));
  expect(window.limit).toBe(1);
});

test('a rising latency without more throughput shrinks it, as far as the queue goes', () => {
  const window = new Window(64);
  play(window, 2000, () => answered);
  // The endpoint lost three quarters of its slots: 16 of 64 calls run, the others queue.
  const queueing = (limit: number) => ({ outcome: 'answered', ms: 200 * Math.max(1, limit / 16) }) as const;
  play(window, 250, queueing);
  expect(window.limit).toBeLessThan(50);
  play(window, 250, queueing);
  expect(window.limit).toBeGreaterThanOrEqual(32);
  // What lasts is the new normal.
  play(window, 5000, queueing);
  expect(window.limit).toBe(64);
});

test('a longer latency that brings more throughput is kept', () => {
  const window = new Window(64);
  for (let round = 0; round < 50; round++, clock += 200)
    for (let call = 0; call < 4; call++) window.settle('answered', 200, 4, clock);
  play(window, 3000, () => ({ outcome: 'answered', ms: 600 }));
  expect(window.limit).toBe(64);
});

test('a few very late calls, broken and cancelled ones are no sign', () => {
  const window = new Window(64);
  let calls = 0;
  play(window, 5000, () => {
    calls++;
    if (calls % 10 === 0) return { outcome: 'broken', ms: 1 };
    if (calls % 11 === 0) return { outcome: 'unknown', ms: 1 };
    return calls % 25 === 0 ? { outcome: 'answered', ms: 10_000 } : answered;
  });
  expect(window.limit).toBe(64);
});
