#!/usr/bin/env node
'use strict';
/**
 * A scheduler by script that behaves as Slurm's commands do, for tests without Slurm: `submit` prints a number, a job waits
 * in a queue, then runs with its output in a file; `status` prints a state for a name and nothing for one that has ended;
 * `cancel` sends SIGTERM, and SIGKILL two seconds later.
 *
 *   fake-scheduler.cjs STATE submit NAME FOLDER PROGRAM ARGUMENT…
 *   fake-scheduler.cjs STATE status NAME
 *   fake-scheduler.cjs STATE cancel NAME
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const QUEUE_MS = 300;
const KILL_MS = 2000;
const [state, what, name, ...rest] = process.argv.slice(2);
fs.mkdirSync(state, { recursive: true });
const file = path.join(state, `${encodeURIComponent(name)}.json`);
const read = () => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null);
const write = (value) => {
  fs.writeFileSync(`${file}.new`, JSON.stringify(value));
  fs.renameSync(`${file}.new`, file);
};

if (what === 'submit') {
  if (fs.existsSync(path.join(state, 'down'))) {
    process.stderr.write('sbatch: error: Unable to contact the controller\n');
    process.exit(1);
  }
  const [folder, ...command] = rest;
  write({ is: 'PENDING' });
  // The part of Slurm that stays: it waits, runs the job, and notes its end.
  spawn(process.execPath, [__filename, state, 'run', name, folder, ...command], {
    detached: true,
    stdio: 'ignore',
  }).unref();
  process.stdout.write(`${Math.floor(Math.random() * 1e6)};fake\n`);
} else if (what === 'run') {
  setTimeout(() => {
    if (read()?.is !== 'PENDING') return;
    const [folder, program, ...args] = rest;
    const log = fs.openSync(path.join(folder, `slurm-${process.pid}.out`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    write({ is: 'RUNNING', pid: child.pid });
    child.on('exit', () => write({ is: 'ENDED' }));
  }, QUEUE_MS);
} else if (what === 'status') {
  if (fs.existsSync(path.join(state, 'down'))) {
    process.stderr.write('squeue: error: Unable to contact the controller\n');
    process.exit(1);
  }
  const job = read();
  if (job && job.is !== 'ENDED') process.stdout.write(`${job.is}\n`);
} else if (what === 'cancel') {
  const job = read();
  if (job?.is === 'PENDING') write({ is: 'ENDED' });
  if (job?.is === 'RUNNING') {
    process.kill(job.pid, 'SIGTERM');
    setTimeout(() => read()?.is === 'RUNNING' && process.kill(job.pid, 'SIGKILL'), KILL_MS);
  }
}
