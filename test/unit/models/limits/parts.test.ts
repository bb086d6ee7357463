import { FairQueue } from '../../../../src/models/limits/fair-queue';
import { Latencies } from '../../../../src/models/limits/latencies';
import { Pacer } from '../../../../src/models/limits/pacer';
import { milliseconds, Quota } from '../../../../src/models/limits/quota';

describe('turns', () => {
  test('go round the runs that wait, whatever the length of their lines', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item[0]!, item, false);
    expect(Array.from({ length: 7 }, () => queue.take())).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', undefined]);
    expect(queue.size).toBe(0);
  });

  test('who comes again goes first within its run; who gives up is forgotten', () => {
    const queue = new FairQueue<string>();
    queue.add('a', 'first', false);
    queue.add('a', 'second', false);
    queue.add('a', 'again', true);
    queue.remove('a', 'first');
    queue.remove('a', 'first');
    queue.remove('b', 'nobody');
    expect([queue.take(), queue.take(), queue.take(), queue.size]).toEqual(['again', 'second', undefined, 0]);
  });
});

describe('the pacer', () => {
  test('lets pass what the rate allows, evenly', () => {
    const pacer = new Pacer(100);
    const passed: number[] = [];
    for (let now = 0; now < 60_000; now++)
      while (pacer.wait(now) === 0) {
        pacer.take(1, now);
        passed.push(now);
      }
    expect(passed.length).toBeGreaterThanOrEqual(6000);
    expect(passed.length).toBeLessThanOrEqual(6006);
    expect(passed.filter((at) => at >= 30_000 && at < 31_000)).toHaveLength(100);
  });

  test('a large item is let through and makes the others wait; what was counted too much comes back', () => {
    const pacer = new Pacer(10);
    pacer.take(100, 0);
    expect(pacer.wait(0)).toBe(9950);
    pacer.take(-90, 0);
    expect(pacer.wait(0)).toBe(950);
    expect(pacer.wait(1000)).toBe(0);
  });
});

describe('rate-limit headers', () => {
  const now = 1_700_000_000_000;

  test.each([
    ['1s', 1000],
    ['6m0s', 360_000],
    ['120ms', 120],
    ['1h2m3.5s', 3_723_500],
    ['2', 2000],
    ['0.25', 250],
    [String(now / 1000 + 30), 30_000],
    [String(now + 40), 40],
    [new Date(now + 5000).toISOString(), 5000],
    ['soon', null],
    ['', null],
    [undefined, null],
  ])('reset %s', (text, expected) => expect(milliseconds(text, now)).toBe(expected));

  test('nothing is sent while nothing is left, until it is renewed', () => {
    const quota = new Quota();
    expect(quota.wait(5, 0)).toBe(0);
    quota.read({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '3s' }, 10, 1000);
    expect(quota.wait(0, 1000)).toBe(3000);
    expect(quota.wait(0, 4000)).toBe(0);
  });

  test('calls on their way count as sent; the last allowed call may go when it is alone', () => {
    const quota = new Quota();
    quota.read({ 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '60' }, 10, 0);
    expect([quota.wait(2, 0), quota.wait(3, 0), quota.wait(0, 0)]).toEqual([0, 60_000, 0]);
  });

  test('tokens count by what a call took lately', () => {
    const quota = new Quota();
    quota.read({ 'x-ratelimit-remaining-tokens': '1000', 'x-ratelimit-reset-tokens': '10s' }, 400, 0);
    expect([quota.wait(1, 0), quota.wait(2, 0)]).toEqual([0, 10_000]);
  });

  test('headers that say nothing readable are no limit, and nobody waits an hour', () => {
    const quota = new Quota();
    quota.read({ 'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-remaining': '0' }, null, 0);
    expect(quota.wait(0, 0)).toBe(0);
    quota.read({ 'ratelimit-remaining': '0', 'ratelimit-reset': '3600' }, null, 0);
    expect(quota.wait(0, 0)).toBe(120_000);
  });
});

describe('latencies', () => {
  test('have quantiles within 15%, once there are enough', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms < 100; ms++) latencies.add(ms);
    expect(latencies.quantile(0.5)).toBeNull();
    for (let ms = 100; ms <= 1000; ms++) latencies.add(ms);
    for (const share of [0.5, 0.9, 0.99]) {
      const found = latencies.quantile(share)!;
      expect(found / (1000 * share)).toBeGreaterThanOrEqual(1);
      expect(found / (1000 * share)).toBeLessThan(1.16);
    }
  });

  test('forget what was long ago, and take any number', () => {
    const latencies = new Latencies();
    for (let call = 0; call < 5000; call++) latencies.add(10_000);
    for (let call = 0; call < 5000; call++) latencies.add(10);
    expect(latencies.quantile(0.99)).toBeLessThan(12);
    for (let call = 0; call < 5000; call++) latencies.add(call % 2 === 0 ? 0 : 1e9);
    expect(latencies.quantile(0.25)).toBe(1);
    expect(latencies.quantile(1)).toBeGreaterThan(1e6);
  });
});
