import { brokenFloors } from '../../../src/benchmarks/floors';
import { metricsIn, runBenchmark } from '../../../src/benchmarks/run-command';

const model = { url: 'http://127.0.0.1:9/v1', model: 'run/r1-sft-a1', key: 'k', run: 'run', label: 'r1-sft-a1' };
const command = (code: string, more: { timeoutSeconds?: number; env?: string[] } = {}) => ({
  ...{ id: 'own', command: [process.execPath, '-e', code], timeoutSeconds: 200, env: [] as string[] },
  ...more,
});
const run = (code: string, more = {}) => runBenchmark(command(code, more), model, new AbortController().signal);

describe('a benchmark command', () => {
  it('finds the model in its environment, and nothing else of ours that is not named', async () => {
    process.env['SOME_KEY'] = 'secret';
    const code = 'console.log("noise\\n" + JSON.stringify(process.env))';
    const { result } = await run(code);
    expect(result).toMatchObject({ FLYWHEEL_MODEL: 'run/r1-sft-a1', FLYWHEEL_MODEL_KEY: 'k' });
    expect(result).not.toHaveProperty('SOME_KEY');
    expect((await run(code, { env: ['SOME_KEY'] })).result).toHaveProperty('SOME_KEY', 'secret');
    delete process.env['SOME_KEY'];
  });

  it.each<[string, string, RegExp]>([
    ['fails', 'console.error("no data set"); process.exit(3)', /own: .* ended with exit code 3: no data set\. Mend it/],
    ['says nothing', '', /printed no JSON object/],
    ['says a number only', 'console.log(3)', /printed no JSON object/],
    ['hangs', 'setInterval(() => 0, 1e6)', /did not end within 1 s/],
  ])('that %s is told in one sentence', async (_, code, sentence) => {
    await expect(run(code, { timeoutSeconds: code.includes('setInterval') ? 1 : 200 })).rejects.toThrow(sentence);
  });

  it('that is not there is told', async () => {
    const missing = { id: 'own', command: ['/no/such/program'], timeoutSeconds: 1, env: [] };
    await expect(runBenchmark(missing, model, new AbortController().signal)).rejects.toThrow(/did not run: .*ENOENT/);
  });

  it('gives every number by its path', () => {
    expect(metricsIn({ results: { ifeval: { 'acc,none': 0.4, alias: 'x' } }, n: [1, 2], bad: NaN })).toEqual({
      'results.ifeval.acc,none': 0.4,
      'n.0': 1,
      'n.1': 2,
    });
  });
});

describe('floors', () => {
  const of = (acc: number) => new Map([['own', { acc }]]);
  it('hold a least value, or how far below its opponent a candidate may lie', () => {
    const min = { command: 'own', metric: 'acc', min: 0.5, drop: null };
    const drop = { command: 'own', metric: 'acc', min: null, drop: 0.1 };
    expect(brokenFloors([min, drop], of(0.5), of(0.6))).toEqual([]);
    expect(brokenFloors([min], of(0.41), of(0.2))).toEqual(['own acc is 0.41, under its floor of 0.5']);
    expect(brokenFloors([drop], of(0.41), of(0.6))).toEqual([
      "own acc is 0.41, under its floor of 0.5, the opponent's 0.6 less 0.1",
    ]);
    expect(() => brokenFloors([{ ...min, metric: 'f1' }], of(1), of(1))).toThrow(/has no number f1\. It has: acc/);
  });
});
