import { type Bench, type Row, wantedParts } from '../../../bench/bench';
import { runBenches } from '../../../bench/run';

const row = (name: string): Row => ({ name, goal: 'stated', figure: 1, unit: 's', ok: null });

const benches: Record<string, Bench['run']> = {
  async *sound() {
    yield* await Promise.resolve([row('sound')]);
  },
  async *failing() {
    yield* await Promise.resolve([row('part one')]);
    throw new Error('the disk is full');
  },
};
const load = (name: string) =>
  Promise.resolve<Bench>({ name, about: 'a bench of this test', run: benches[name] as Bench['run'] });
const quiet = { short: true, say: () => undefined };

describe('runBenches', () => {
  it('keeps the rows that were measured before a bench failed, its own among them, and runs nothing after it', async () => {
    const { rows, failure } = await runBenches(['sound', 'failing', 'sound'], load, quiet);
    expect(rows.map(({ name }) => name)).toEqual(['sound', 'part one']);
    expect(failure).toMatchObject({ bench: 'failing', error: { message: 'the disk is full' } });
  });

  it('tells of no failure where there is none', async () =>
    expect(await runBenches(['sound'], load, quiet)).toEqual({ rows: [row('sound')], failure: null }));
});

describe('wantedParts', () => {
  const PARTS = { kills: 1, history: 2 };
  afterEach(() => void delete process.env['FLYWHEEL_BENCH_ROWS']);

  it('are all, or those that FLYWHEEL_BENCH_ROWS names, in its order', () => {
    expect(wantedParts(PARTS)).toEqual([1, 2]);
    process.env['FLYWHEEL_BENCH_ROWS'] = 'history,kills';
    expect(wantedParts(PARTS)).toEqual([2, 1]);
  });

  it('refuses a name that is none', () => {
    process.env['FLYWHEEL_BENCH_ROWS'] = 'kills,toString';
    expect(() => wantedParts(PARTS)).toThrow(/there is no toString; known are kills, history/);
  });
});
