import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processCommand, sendSignal, waitUntil } from '../../src/embedded/process';
import type { TrainingBackend } from '../../src/training/backend';
import { localBackend } from '../../src/training/local';
import { runJob } from '../../src/training/run-job';
import { scriptedJob, writeScriptedTrainer } from './scripted-trainer';

/** What a backend under test is made with: a trainer by script, and the folder that everything lies in. */
export interface Parts {
  root: string;
  python: string;
  packageFolder: string;
}

/**
 * What every training backend keeps, with a scripted trainer: local, ray and command pass the same tests.
 * @param make as often as it is called it makes a backend of the same place, as another worker would.
 */
export function describeTrainingContract(
  name: string,
  make: (parts: Parts) => TrainingBackend,
  { seconds = 240 }: { seconds?: number } = {},
): void {
  describe(`the training backend ${name}`, () => {
    let parts: Parts;
    let folder: string;
    beforeEach(() => {
      const root = mkdtempSync(join(tmpdir(), 'flywheel job-'));
      mkdirSync(join(root, 'package'));
      parts = { root, python: writeScriptedTrainer(root), packageFolder: join(root, 'package') };
      // Quotes and spaces in a path must reach no shell.
      folder = join(root, "a job's $(folder)");
    });
    afterEach(async () => {
      // What a test left running would go on for ever.
      if (existsSync(join(folder, 'lock.json'))) {
        const { pid } = JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')) as { pid: number };
        sendSignal(pid, 'SIGKILL');
        await waitUntil(() => processCommand(pid) === null, 30);
      }
      rmSync(parts.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    });
    const starts = () => readFileSync(join(folder, 'starts'), 'utf8').length;
    const jobFile = () => JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as unknown;

    it(
      'runs a job to its result, which a second call takes without a trainer',
      async () => {
        const steps: number[] = [];
        const result = await runJob(make(parts), folder, scriptedJob('rows'), {
          onProgress: ({ step }) => steps.push(step),
        });
        expect(result).toMatchObject({ status: 'done', sha256: 'aa', steps: 4 });
        expect(steps.length).toBeGreaterThan(0);
        expect(await runJob(make(parts), folder, scriptedJob('rows'))).toEqual(result);
        expect(starts()).toBe(1);
      },
      seconds * 1000,
    );

    it(
      'waits until a trainer that has its result is gone, and its memory free',
      async () => {
        const running = runJob(make(parts), folder, scriptedJob('lingers'));
        await waitUntil(() => existsSync(join(folder, 'result.json')), seconds);
        const { pid } = JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')) as { pid: number };
        const isWaiting = Promise.race([running.then(() => false), sleep(1500).then(() => true)]);
        expect(await isWaiting).toBe(true);
        expect(processCommand(pid)).not.toBeNull();
        writeFileSync(join(folder, 'go'), '');
        await running;
        expect(processCommand(pid)).toBeNull();
      },
      seconds * 1000,
    );

    it(
      'leaves a trainer running, which another worker joins',
      async () => {
        const leave = new AbortController();
        const first = runJob(make(parts), folder, scriptedJob('long'), {
          leave: leave.signal,
          onProgress: () => leave.abort(),
        });
        await expect(first).rejects.toMatchObject({ kind: 'left', retryable: true });
        expect(await runJob(make(parts), folder, scriptedJob('long'))).toMatchObject({ status: 'done' });
        expect(starts()).toBe(1);
      },
      seconds * 1000,
    );

    it(
      'starts nothing twice where two workers ask at once, or one died between asking and noting it',
      async () => {
        const both = [make(parts), make(parts)].map((backend) => runJob(backend, folder, scriptedJob('rows')));
        for (const result of await Promise.all(both)) expect(result).toMatchObject({ steps: 4 });
        const record = JSON.parse(readFileSync(join(folder, 'start.json'), 'utf8')) as { number: number };
        expect(record.number).toBe(1);
      },
      seconds * 1000,
    );

    it(
      'stops at a checkpoint when it is asked to, and goes on from there',
      async () => {
        const stop = new AbortController();
        const stopped = runJob(make(parts), folder, scriptedJob('endless'), {
          stop: stop.signal,
          onProgress: () => stop.abort(),
        });
        await expect(stopped).rejects.toMatchObject({ kind: 'stopped', retryable: true });
        const again = new AbortController();
        const steps: number[] = [];
        const second = runJob(make(parts), folder, scriptedJob('endless'), {
          leave: again.signal,
          stop: again.signal,
          onProgress: ({ step }) => steps.push(step) && again.abort(),
        });
        await expect(second).rejects.toMatchObject({ kind: 'left' });
        expect(starts()).toBe(2);
      },
      seconds * 1000,
    );

    it(
      'ends a trainer that does not follow, after its grace',
      async () => {
        const stop = new AbortController();
        const deaf = scriptedJob('deaf', { lease: { grace_seconds: 1 } });
        const stopped = runJob(make(parts), folder, deaf, { stop: stop.signal, onProgress: () => stop.abort() });
        await expect(stopped).rejects.toMatchObject({ kind: 'stopped' });
        expect(JSON.parse(readFileSync(join(folder, 'stopped.json'), 'utf8'))).toMatchObject({ reason: 'SIGTERM' });
      },
      seconds * 1000,
    );

    it(
      'asks again where a stop failed',
      async () => {
        const [backend, stop] = [make(parts), new AbortController()];
        let asked = 0;
        const away: TrainingBackend = {
          ...backend,
          stop: (start) => (asked++ === 0 ? Promise.reject(new Error('nobody answers')) : backend.stop(start)),
        };
        const deaf = scriptedJob('deaf', { lease: { grace_seconds: 1 } });
        const stopped = runJob(away, folder, deaf, { stop: stop.signal, onProgress: () => stop.abort() });
        await expect(stopped).rejects.toMatchObject({ kind: 'stopped' });
        expect(asked).toBe(2);
        expect(JSON.parse(readFileSync(join(folder, 'stopped.json'), 'utf8'))).toMatchObject({ reason: 'SIGTERM' });
      },
      seconds * 1000,
    );

    it(
      'starts nothing where it is called off before, and stops what runs',
      async () => {
        const endless = scriptedJob('endless');
        const off = AbortSignal.abort();
        await expect(runJob(make(parts), folder, endless, { stop: off })).rejects.toMatchObject({ kind: 'stopped' });
        await expect(runJob(make(parts), folder, endless, { leave: off })).rejects.toMatchObject({ kind: 'left' });
        expect(existsSync(join(folder, 'start.json'))).toBe(false);
        const leave = new AbortController();
        const left = runJob(make(parts), folder, endless, { leave: leave.signal, onProgress: () => leave.abort() });
        await expect(left).rejects.toMatchObject({ kind: 'left' });
        await expect(runJob(make(parts), folder, endless, { stop: off })).rejects.toMatchObject({ kind: 'stopped' });
        expect(JSON.parse(readFileSync(join(folder, 'stopped.json'), 'utf8'))).toMatchObject({ reason: 'asked' });
        expect(starts()).toBe(1);
      },
      seconds * 1000,
    );

    it(
      'starts a trainer that crashed again while it gets further, and no longer',
      async () => {
        expect(await runJob(make(parts), folder, scriptedJob('crash once'))).toMatchObject({ steps: 4 });
        expect(starts()).toBe(2);
        const other = join(parts.root, 'other');
        await expect(runJob(make(parts), other, scriptedJob('crash'))).rejects.toMatchObject({
          kind: 'crashed',
          retryable: true,
          message: expect.stringContaining('Segmentation fault') as string,
        });
        expect(readFileSync(join(other, 'starts'), 'utf8')).toHaveLength(1);
      },
      seconds * 1000,
    );

    it(
      'tries once more with half the micro-batch where memory ran out; bad data is final',
      async () => {
        expect(await runJob(make(parts), folder, scriptedJob('large'))).toMatchObject({ steps: 4 });
        expect(jobFile()).toMatchObject({ hyperparameters: { batch: 8, micro_batch: 2 } });
        expect(starts()).toBe(2);
        const larger = runJob(make(parts), join(parts.root, 'larger'), scriptedJob('larger'));
        await expect(larger).rejects.toMatchObject({ kind: 'out-of-memory', retryable: false });
        const bad = runJob(make(parts), join(parts.root, 'bad'), scriptedJob('bad'));
        await expect(bad).rejects.toMatchObject({
          kind: 'bad-data',
          retryable: false,
          message: expect.stringContaining('row 3 has no prompt; mend row 3') as string,
        });
      },
      seconds * 1000,
    );

    it(
      'reads no earlier start out of a log: who was killed later is started again, with the micro-batch that it had',
      async () => {
        expect(await runJob(make(parts), folder, scriptedJob('large, then killed'))).toMatchObject({ steps: 4 });
        expect(jobFile()).toMatchObject({ hyperparameters: { micro_batch: 2 } });
        expect(starts()).toBe(3);
      },
      seconds * 1000,
    );

    it(
      "joins another backend's trainer instead of starting a second",
      async () => {
        const leave = new AbortController();
        const script = localBackend({ python: parts.python, packageFolder: `${parts.packageFolder}-of-another` });
        const elsewhere: TrainingBackend = { ...script, place: 'elsewhere' };
        const first = runJob(elsewhere, folder, scriptedJob('long'), {
          leave: leave.signal,
          onProgress: () => leave.abort(),
        });
        await expect(first).rejects.toMatchObject({ kind: 'left' });
        expect(await runJob(make(parts), folder, scriptedJob('long'))).toMatchObject({ status: 'done' });
        expect(starts()).toBe(1);
      },
      seconds * 1000,
    );

    it(
      'shows the trainer no key of ours',
      async () => {
        process.env['SOME_API_KEY'] = 'secret';
        try {
          await runJob(make(parts), folder, scriptedJob('rows'));
        } finally {
          delete process.env['SOME_API_KEY'];
        }
        expect(readFileSync(join(folder, 'environment.json'), 'utf8')).not.toContain('SOME_API_KEY');
      },
      seconds * 1000,
    );

    it(
      'refuses another job in its folder, but not other threads, device or grace',
      async () => {
        mkdirSync(folder);
        writeFileSync(join(folder, 'job.json'), JSON.stringify(scriptedJob('crash')));
        const seed = runJob(make(parts), folder, scriptedJob('crash', { seed: 2 }));
        await expect(seed).rejects.toMatchObject({ kind: 'bad-data' });
        const bfloat = scriptedJob('crash', { launch: { device: 'cpu', threads: 1, dtype: 'bfloat16' } });
        await expect(runJob(make(parts), folder, bfloat)).rejects.toMatchObject({ kind: 'bad-data' });
        const moved = scriptedJob('crash', {
          launch: { device: 'auto', threads: 2, dtype: 'float32' },
          lease: { grace_seconds: 9 },
        });
        await expect(runJob(make(parts), folder, moved)).rejects.toMatchObject({ kind: 'crashed' });
        expect(jobFile()).toEqual(moved);
      },
      seconds * 1000,
    );
  });
}
