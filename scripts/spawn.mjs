/** Runs a command with our terminal and waits for its end, whatever signals arrive. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import environment from './environment.cjs';

/**
 * Resolves to the exit code (128 + number when a signal ended it). A Ctrl-C on a terminal reaches the child by itself,
 * so it is not sent again (twice would mean "at once"); every other signal is passed on, and the child is waited for.
 */
export function runInherited(command, args, { env = process.env, stdout = 'inherit', cwd = environment.root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['inherit', stdout, 'inherit'] });
    const pass = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    const finish = () => signals.forEach((signal) => process.off(signal, pass));
    child.once('error', (error) => {
      finish();
      reject(error);
    });
    child.once('close', (code, signal) => {
      finish();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
