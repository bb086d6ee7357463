/** One set-up at a time in one checkout: `npm run demo` and `npm test` side by side must not both install. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import environment from '../environment.cjs';
import { say } from './report.mjs';

const lockFile = join(environment.root, '.flywheel', 'setup.lock');

/** Whether process `pid` lives and may be a set-up; after a reboot its number may belong to anything. */
function isSetUp(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const command = `/proc/${pid}/cmdline`;
  return !existsSync(command) || readFileSync(command, 'utf8').includes('.mjs');
}

/** The process that holds the lock; null when it is dead. */
function holder() {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    return pid > 0 && isSetUp(pid) ? pid : null;
  } catch {
    return null;
  }
}

/** Waits for the set-up of another process, then does `work` alone. A lock whose process is dead is taken over. */
export async function alone(work) {
  mkdirSync(dirname(lockFile), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = holder();
    if (pid === null) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!waited) say(`set-up: waiting for the set-up of process ${pid} (if there is none, delete ${lockFile})`);
    await sleep(300);
  }
  const unlock = () => rmSync(lockFile, { force: true });
  process.once('exit', unlock);
  try {
    return await work();
  } finally {
    process.off('exit', unlock);
    unlock();
  }
}
