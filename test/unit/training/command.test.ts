import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig } from '../../../src/config/load';
import { filledIn } from '../../../src/placeholders';
import { commandBackend, type CommandTraining } from '../../../src/training/command';
import { runJob } from '../../../src/training/run-job';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { scriptedJob, writeScriptedTrainer } from '../../support/scripted-trainer';
import { describeTrainingContract, type Parts } from '../../support/training-contract';

const scheduler = join(__dirname, '..', '..', 'support', 'fake-scheduler.cjs');

/** As a user would write it for Slurm, with the fake scheduler in its place. */
function training({ root, python }: Pick<Parts, 'root' | 'python'>): CommandTraining {
  const fake = [process.execPath, scheduler, join(root, 'queue')];
  const config = parseConfig(
    {
      competitors: [
        { id: 'a', url: 'sandbox:', model: 'a' },
        { id: 'b', url: 'sandbox:', model: 'b' },
      ],
      judge: { url: 'sandbox:', model: 'judge' },
      prompts: { source: ['prompts.jsonl'] },
      training: {
        kind: 'command',
        python,
        submit: [...fake, 'submit', '{name}', '{folder}', '{python}', '-m', 'flywheel_trainer', '{folder}'],
        status: [...fake, 'status', '{name}'],
        cancel: [...fake, 'cancel', '{name}'],
        pollSeconds: 0.3,
      },
    },
    { where: 'test', folder: root },
  );
  return config.training as CommandTraining;
}

describeTrainingContract('command', (parts) => commandBackend(training(parts), parts.packageFolder));

describe('training by command', () => {
  let root: string;
  beforeEach(() => (root = temporaryFolder('command')));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('fills placeholders in within an argument, and never makes two of one', () => {
    const filled = filledIn(
      ['sbatch', '--job-name={name}', '{folder}'],
      { name: 'a b', folder: '/x; rm -rf "$HOME"' },
      'training',
    );
    expect(filled).toEqual(['sbatch', '--job-name=a b', '/x; rm -rf "$HOME"']);
    expect(() => filledIn(['{nmae}'], { name: '', folder: '' }, 'training')).toThrow('known are {name}, {folder}');
  });

  it('says which program is not there', async () => {
    const backend = commandBackend({ ...training({ root, python: 'python' }), status: ['no-such-squeue'] }, root);
    await expect(runJob(backend, join(root, 'job'), scriptedJob('rows'))).rejects.toThrow(
      'there is no program no-such-squeue',
    );
  });

  it('cancels a job that still waits in the queue', async () => {
    const settings = training({ root, python: writeScriptedTrainer(root) });
    const waiting = { ...settings, status: [process.execPath, '-p', '"PENDING"'] };
    const stop = new AbortController();
    const cancelled = join(root, 'cancelled');
    const cancel = [process.execPath, '-e', `require('fs').writeFileSync('${cancelled}', '')`];
    const status = [process.execPath, '-p', `require('fs').existsSync('${cancelled}') ? 'CANCELLED' : 'PENDING'`];
    const backend = commandBackend({ ...waiting, status, cancel, submit: [process.execPath, '-p', '7'] }, root);
    const job = runJob(backend, join(root, 'job'), scriptedJob('rows'), { stop: stop.signal });
    await sleep(1000);
    stop.abort();
    await expect(job).rejects.toMatchObject({ kind: 'stopped' });
  });

  it('waits for a scheduler that is away while its trainer lives on', async () => {
    const settings = training({ root, python: writeScriptedTrainer(root) });
    const down = join(root, 'queue', 'down');
    let seen = false;
    const result = await runJob(commandBackend(settings, root), join(root, 'job'), scriptedJob('long'), {
      onProgress: () => {
        if (!seen) writeFileSync(down, '');
        seen = true;
      },
    });
    expect(result.steps).toBe(20);
    expect(seen).toBe(true);
    await expect(
      runJob(commandBackend(settings, root), join(root, 'other'), scriptedJob('rows'), { patienceMs: 2000 }),
    ).rejects.toMatchObject({
      kind: 'unreachable',
      retryable: true,
      message: expect.stringContaining('Unable to contact the controller') as string,
    });
  });
});
