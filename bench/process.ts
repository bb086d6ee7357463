import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** What a measured process prints as its last line, its own costs among it. */
export interface Measured {
  cpuSeconds: number;
  peakMb: number;
  [figure: string]: unknown;
}

/** Costs of this process so far; what a measured Node process prints. */
export function ownCosts(): Measured {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, peakMb: process.resourceUsage().maxRSS / 1024 };
}

const hasTaskset = (() => {
  try {
    execFileSync('taskset', ['-c', '0', 'true']);
    return true;
  } catch {
    return false;
  }
})();

/**
 * Runs a process on one core (where `taskset` is), BLAS and its like on one thread, and returns what it prints last as JSON.
 * @throws Error with the end of its stderr.
 */
export function measure(command: string, args: readonly string[], minutes = 20): Promise<Measured> {
  const [file, ...rest] = hasTaskset ? ['taskset', '-c', '0', command, ...args] : [command, ...args];
  const threads = Object.fromEntries(
    ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'POLARS_MAX_THREADS'].map((name) => [name, '1']),
  );
  return measured(file ?? command, rest, minutes, { ...threads, XLA_FLAGS: '--xla_cpu_multi_thread_eigen=false' });
}

/** The same for a Node program with threads of its own: on all cores. */
export const measureOnAllCores = (args: readonly string[], minutes = 30): Promise<Measured> =>
  measured(process.execPath, args, minutes, {});

async function measured(
  command: string,
  args: readonly string[],
  minutes: number,
  env: Record<string, string>,
): Promise<Measured> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      env: { ...process.env, ...env },
      maxBuffer: 1 << 26,
      timeout: minutes * 60_000,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
  } catch (error) {
    const { stderr, message, killed } = error as Error & { stderr?: string; killed?: boolean };
    const reason =
      killed === true
        ? `it was ended after ${minutes} minutes, its limit; is the machine busy?`
        : (stderr || message).trim().split('\n').at(-1);
    throw new Error(`${command} ${args.join(' ')} failed: ${reason}`, {
      cause: error,
    });
  }
}

/** The middle one of some figures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
