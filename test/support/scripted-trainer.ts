import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../src/training/job';

/**
 * A trainer by script, in the place of the Python that trains: a program of a few lines that keeps the files of the job's
 * contract as `trainer/` does. What it does stands in the job's `dataset`. It notes each start in `starts`.
 */
const SCRIPT = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const folder = process.argv.at(-1);
const { dataset, hyperparameters } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
appendFileSync(join(folder, 'starts'), '.');
writeFileSync(join(folder, 'environment.json'), JSON.stringify(process.env));
const start = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19];
writeFileSync(join(folder, 'lock.json'), JSON.stringify({ host: require('node:os').hostname(), pid: process.pid, start }));
const at = existsSync(join(folder, 'step')) ? Number(readFileSync(join(folder, 'step'), 'utf8')) : 0;
let step = at;
const end = (file, value, code) => {
  writeFileSync(join(folder, 'new'), JSON.stringify(value));
  renameSync(join(folder, 'new'), join(folder, file));
  if (dataset === 'lingers') setInterval(() => existsSync(join(folder, 'go')) && process.exit(code), 50);
  else process.exit(code);
};
const stop = (reason) => end('stopped.json', { step, reason }, 75);
process.on('SIGTERM', () => stop('SIGTERM'));
setInterval(() => {
  if (existsSync(join(folder, 'result.json'))) return;
  if (dataset === 'crash') { console.error('Segmentation fault'); process.exit(139); }
  if (dataset === 'crash once' && at === 0 && step === 2) { console.error('Segmentation fault'); process.exit(139); }
  if (dataset === 'bad') end('error.json', { kind: 'bad-data', message: 'row 3 has no prompt', cure: 'mend row 3' }, 1);
  if (dataset === 'large' && hyperparameters.micro_batch > 2)
    end('error.json', { kind: 'out-of-memory', message: 'CUDA out of memory', cure: 'lower micro_batch' }, 1);
  if (dataset === 'large, then killed') {
    if (hyperparameters.micro_batch > 2) { console.error('torch.OutOfMemoryError: CUDA out of memory.'); process.exit(1); }
    if (at === 0 && step === 2) process.kill(process.pid, 'SIGKILL');
  }
  if (dataset === 'larger') { console.error('torch.OutOfMemoryError: CUDA out of memory.'); process.exit(1); }
  if (dataset !== 'deaf' && existsSync(join(folder, 'stop'))) stop('asked');
  step += 1;
  writeFileSync(join(folder, 'step'), String(step));
  appendFileSync(join(folder, 'progress.jsonl'), JSON.stringify({ step, steps: 4, epoch: step / 4, metrics: { loss: 1 / step }, time: 0 }) + '\\n');
  const steps = dataset === 'long' ? 20 : 4;
  if (!['endless', 'deaf'].includes(dataset) && step >= steps) end('result.json', { status: 'done', output: join(folder, 'model'), sha256: 'aa', metrics: {}, steps, seconds: 1 }, 0);
}, 200);
`;

/** Writes the scripted trainer as an executable `python` into a folder. */
export function writeScriptedTrainer(folder: string): string {
  const python = join(folder, 'python');
  writeFileSync(python, SCRIPT);
  chmodSync(python, 0o755);
  return python;
}

/** A job whose `dataset` tells the scripted trainer what to do. */
export const scriptedJob = (dataset: string, change: Partial<Job> = {}): Job => ({
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
  hyperparameters: { epochs: 1, batch: 8, micro_batch: 4 },
  ...change,
});
