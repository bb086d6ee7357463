import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc in a second. */
const HERTZ = (() => {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK']).toString());
  } catch {
    return 100;
  }
})();

/** CPU seconds so far and memory of a process; null where the system does not tell (anything but Linux). */
export interface Costs {
  cpuSeconds: number;
  /** Resident now, and at most so far. */
  residentMb: number;
  peakMb: number;
}

/** Costs of a process with all its descendants, those that have ended included; memory is its own alone. */
export function costsOf(pid: number): Costs | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { cpuSeconds: treeSeconds(pid), residentMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
  } catch {
    return null;
  }
}

/** CPU seconds that all programs of this machine have used since it started; null where the system does not tell. */
export function machineSeconds(): number | null {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/).slice(1).map(Number);
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
    return (user + nice + system + irq + softirq) / HERTZ;
  } catch {
    return null;
  }
}

function treeSeconds(root: number): number {
  const children = new Map<number, number[]>();
  const seconds = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The name in parentheses may hold blanks.
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      const [parent, ...times] = [fields[1], ...fields.slice(11, 15)].map(Number);
      seconds.set(Number(name), times.reduce((sum, ticks) => sum + ticks, 0) / HERTZ);
      children.set(parent!, [...(children.get(parent!) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile; its parent has its time.
    }
  }
  const sum = (pid: number): number =>
    (seconds.get(pid) ?? 0) + (children.get(pid) ?? []).reduce((total, child) => total + sum(child), 0);
  return sum(root);
}
