import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own form; only compared for equality. */
  start: string;
}

function ps(pid: number, column: string): string | null {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** When process `pid` started; null when there is none. Linux: clock ticks since boot (proc(5), stat field 22). */
export function processStart(pid: number): string | null {
  if (process.platform !== 'linux') return ps(pid, 'lstart');
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2, the command, stands in parentheses and may hold spaces and parentheses: count from behind the last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** The command line of process `pid`, joined by spaces; null when there is none or it has ended already (a zombie). */
export function processCommand(pid: number): string | null {
  if (process.platform !== 'linux') return ps(pid, 'command');
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() || null;
  } catch {
    return null;
  }
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, start: processStart(process.pid) ?? '' };
}

/** Whether exactly this process still lives. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
  return processCommand(pid) !== null && processStart(pid) === start;
}

/** Sends a signal; false when there is no such process (or group, for a negative number). */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Waits until `condition` holds; false after `seconds`. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}
