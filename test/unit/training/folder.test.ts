import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStart } from '../../../src/embedded/process';
import { parseConfig } from '../../../src/config/load';
import { describeJob, halved, isHeld, logsOf, logSizes } from '../../../src/training/folder';
import { hyperparameters } from '../../../src/training/job';
import { scriptedJob } from '../../support/scripted-trainer';

const folder = mkdtempSync(join(tmpdir(), 'job-'));
const lock = join(folder, 'lock.json');
const hold = (owner: object) => writeFileSync(lock, JSON.stringify(owner));
afterAll(() => rmSync(folder, { recursive: true }));

it('a folder without a lock is free', async () => expect(await isHeld(folder)).toBe(false));

it('a lock of this host holds while its process lives', async () => {
  const start = processStart(process.pid);
  hold({ host: hostname(), pid: process.pid, start });
  utimesSync(lock, 0, 0);
  expect(await isHeld(folder)).toBe(true);
  hold({ host: hostname(), pid: process.pid, start: `${start}1` });
  expect(await isHeld(folder)).toBe(false);
});

it('a lock of another host holds while it is touched', async () => {
  hold({ host: 'elsewhere', pid: 1, start: 1 });
  expect(await isHeld(folder)).toBe(true);
  utimesSync(lock, Date.now() / 1000 - 31, Date.now() / 1000 - 31);
  expect(await isHeld(folder)).toBe(false);
});

it('the logs of a start are what was written since, what was written last at the end', async () => {
  const file = (name: string) => join(folder, name);
  writeFileSync(file('slurm-99.out'), 'CUDA out of memory');
  writeFileSync(file('one.log'), 'an earlier start\n');
  writeFileSync(file('begun-anew.err'), 'a long text of an earlier start');
  writeFileSync(file('rows.jsonl'), '');
  const before = await logSizes(folder);
  expect(Object.keys(before).sort()).toEqual(['begun-anew.err', 'one.log', 'slurm-99.out']);
  expect(await logsOf({ folder, logs: before })).toBe('');
  writeFileSync(file('begun-anew.err'), 'first');
  writeFileSync(file('slurm-100.out'), 'last');
  appendFileSync(file('one.log'), 'then');
  for (const [index, name] of ['begun-anew.err', 'one.log', 'slurm-100.out'].entries())
    utimesSync(file(name), 1000 + index, 1000 + index);
  expect(await logsOf({ folder, logs: before })).toBe('first\nthen\nlast');
});

describe('half the memory', () => {
  const config = parseConfig(
    {
      target: { base: '/models/base' },
      competitors: [{ id: 'rival', url: 'sandbox:', model: 'rival' }],
      judge: { url: 'sandbox:', model: 'judge' },
      prompts: { source: ['prompts.jsonl'] },
      ppo: { batch: 24, minibatch: 12 },
      training: { stages: { ppo: { processes: 2 } } },
    },
    { where: 'test', folder: '/conf' },
  );
  const ppo = scriptedJob('rows', { kind: 'ppo', hyperparameters: hyperparameters(config, 'ppo') });

  it('is taken by PPO too, whose minibatch stays what it is', () => {
    const half = halved(ppo);
    expect(half?.hyperparameters).toEqual({ ...ppo.hyperparameters, minibatch: 12, micro_batch: 3 });
    expect(halved(half ?? ppo)?.hyperparameters).toMatchObject({ micro_batch: 1 });
  });

  it('stays where a job was described before PPO had a micro-batch', async () => {
    const { micro_batch: _, ...earlier } = ppo.hyperparameters;
    const place = join(folder, 'ppo');
    await describeJob(place, { ...ppo, hyperparameters: earlier });
    expect(await describeJob(place, ppo)).toEqual(ppo);
    const half = halved(ppo) ?? ppo;
    await describeJob(place, half);
    expect(await describeJob(place, ppo)).toEqual(half);
  });
});
