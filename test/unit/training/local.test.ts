import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../../src/training/job';
import { runLocalJob } from '../../../src/training/local';

/**
 * The job contract from the worker's side, with a scripted trainer: a program of a few lines that keeps the contract's
 * files as `trainer/` does. What it does stands in the job's `dataset`.
 */
const SCRIPTED_TRAINER = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const folder = process.argv.at(-1);
const { dataset } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
appendFileSync(join(folder, 'starts'), '.');
writeFileSync(join(folder, 'environment.json'), JSON.stringify(process.env));
const start = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19];
writeFileSync(join(folder, 'lock.json'), JSON.stringify({ host: require('node:os').hostname(), pid: process.pid, start, renewed: Date.now() / 1000 }));
let step = 0;
const end = (file, value, code) => {
  writeFileSync(join(folder, 'new'), JSON.stringify(value));
  renameSync(join(folder, 'new'), join(folder, file));
  process.exit(code);
};
setInterval(() => {
  if (dataset === 'crash') { console.error('Segmentation fault'); process.exit(139); }
  if (dataset === 'bad') end('error.json', { kind: 'bad-data', message: 'row 3 has no prompt', cure: 'mend row 3' }, 1);
  if (existsSync(join(folder, 'stop'))) process.exit(75);
  step += 1;
  appendFileSync(join(folder, 'progress.jsonl'), JSON.stringify({ step, steps: 4, epoch: step / 4, metrics: { loss: 1 / step }, time: 0 }) + '\\n');
  if (dataset !== 'endless' && step === 4) end('result.json', { status: 'done', output: join(folder, 'model'), sha256: 'aa', metrics: {}, steps: 4, seconds: 1 }, 0);
}, 200);
`;

const job = (dataset: string, change: Partial<Job> = {}): Job => ({
  version: 1,
  id: 'run/r1-sft-a1',
  kind: 'sft',
  base: '/models/base',
  dataset,
  output: '/models/out',
  seed: 1,
  chat_template: null,
  chat_eos: null,
  launch: { device: 'cpu', threads: 1, dtype: 'float32' },
  lease: { grace_seconds: 5 },
  hyperparameters: { epochs: 1 },
  ...change,
});

describe('a local training job', () => {
  let root: string;
  let folder: string;
  let trainer: { python: string; packageFolder: string };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'flywheel-job-'));
    folder = join(root, 'job');
    trainer = { python: join(root, 'python'), packageFolder: root };
    writeFileSync(trainer.python, SCRIPTED_TRAINER);
    chmodSync(trainer.python, 0o755);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const starts = () => readFileSync(join(folder, 'starts'), 'utf8').length;

  it('is run to its result, which a second call takes without a trainer', async () => {
    const steps: number[] = [];
    const result = await runLocalJob(trainer, folder, job('rows'), { onProgress: ({ step }) => steps.push(step) });
    expect(result).toMatchObject({ status: 'done', sha256: 'aa', steps: 4 });
    expect(steps.length).toBeGreaterThan(0);
    expect(await runLocalJob(trainer, folder, job('rows'))).toEqual(result);
    expect(starts()).toBe(1);
  });

  it('is left running, and joined by the next call', async () => {
    const leave = new AbortController();
    const first = runLocalJob(trainer, folder, job('rows'), { leave: leave.signal, onProgress: () => leave.abort() });
    await expect(first).rejects.toMatchObject({ kind: 'left', retryable: true });
    expect(await runLocalJob(trainer, folder, job('rows'))).toMatchObject({ status: 'done' });
    expect(starts()).toBe(1);
  });

  it('stops at a checkpoint when it is asked to', async () => {
    const stop = new AbortController();
    const stopped = runLocalJob(trainer, folder, job('endless'), { stop: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ kind: 'stopped' });
  });

  it('refuses another job in its folder, but not other threads, device or grace', async () => {
    await expect(runLocalJob(trainer, folder, job('crash'))).rejects.toThrow(/Segmentation fault/);
    await expect(runLocalJob(trainer, folder, job('crash', { seed: 2 }))).rejects.toMatchObject({ kind: 'bad-data' });
    const bfloat = job('crash', { launch: { device: 'cpu', threads: 1, dtype: 'bfloat16' } });
    await expect(runLocalJob(trainer, folder, bfloat)).rejects.toMatchObject({ kind: 'bad-data' });
    const moved = job('crash', {
      launch: { device: 'auto', threads: 2, dtype: 'float32' },
      lease: { grace_seconds: 9 },
    });
    await expect(runLocalJob(trainer, folder, moved)).rejects.toMatchObject({ kind: 'crashed' });
    expect(JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'))).toEqual(moved);
  });

  it("passes the trainer's own failure on, with its cure", async () => {
    await expect(runLocalJob(trainer, folder, job('bad'))).rejects.toMatchObject({
      kind: 'bad-data',
      retryable: false,
      message: expect.stringContaining('row 3 has no prompt; mend row 3') as string,
    });
  });

  it('shows the trainer no key of ours', async () => {
    process.env['SOME_API_KEY'] = 'secret';
    try {
      await runLocalJob(trainer, folder, job('rows'));
    } finally {
      delete process.env['SOME_API_KEY'];
    }
    expect(readFileSync(join(folder, 'environment.json'), 'utf8')).not.toContain('SOME_API_KEY');
  });
});
