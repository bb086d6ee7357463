import { simulate, type Site, type UnitCosts } from '../../../bench/scale-model/simulate';

const site: Site = { calls: 4000, latency: 0.2, slots: 64, workers: 1, concurrency: 96, window: 800, cores: 2 };
const costs: UnitCosts = { worker: 400e-6, others: 300e-6, around: 1 };
const rate = (change: Partial<Site>, more: Partial<UnitCosts> = {}) => {
  const one = { ...site, ...change };
  return one.calls / simulate(one, { ...costs, around: 0, ...more }).seconds;
};

describe('a simulated arena', () => {
  it('reaches the capacity of its endpoint where nothing else is short', () =>
    expect(rate({}) / 320).toBeGreaterThan(0.97));

  it('is bound by its calls in flight, by its thread, or by the cores', () => {
    // 16 calls of 200 ms and .4 ms.
    expect(rate({ slots: null, concurrency: 16 })).toBeCloseTo(16 / 0.2004, -1);
    expect(rate({ slots: null, latency: 0.005 }) * costs.worker).toBeCloseTo(1, 1);
    expect(rate({ slots: null, latency: 0.005, workers: 2, cores: 1 }) * (costs.worker + costs.others)).toBeCloseTo(
      1,
      1,
    );
  });

  it('counts what stands around the calls', () => {
    const { seconds, busy } = simulate(site, costs);
    expect(seconds).toBeGreaterThan(1 + (4000 / 64) * 0.2);
    expect(busy.endpoint).toBeGreaterThan(0.97);
  });
});
