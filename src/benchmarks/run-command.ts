import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../errors';
import type { Metrics } from '../store/benchmarks';
import { knownEnvironment } from '../training/environment';

const run = promisify(execFile);

/** A benchmark of the user's (evaluation.commands). */
export interface BenchmarkCommand {
  id: string;
  /** The program and its arguments; no shell reads them. */
  command: readonly string[];
  timeoutSeconds: number;
  /** Variables of our environment that it may see beside the usual ones. */
  env: readonly string[];
}

/** The model that it asks: an OpenAI-compatible address, the model's name there, and its key. */
export interface BenchmarkModel {
  url: string;
  model: string;
  key: string | null;
  run: string;
  label: string;
}

/** A JSON document of a command at most. */
const MOST_BYTES = 16 << 20;

/**
 * Runs a benchmark against a served model, which the environment names, and reads the JSON that it prints: all of its
 * output, or its last line.
 * @throws UserError: it could not be started, failed, took too long, or printed no JSON.
 */
export async function runBenchmark(
  { id, command, timeoutSeconds, env }: BenchmarkCommand,
  { url, model, key, run: runId, label }: BenchmarkModel,
  signal: AbortSignal,
): Promise<{ result: unknown; metrics: Metrics }> {
  const [program = '', ...args] = command;
  const fail = (what: string) => new UserError(`evaluation.commands ${id}: ${what}. Mend it, then send decide retry.`);
  const asked = { FLYWHEEL_MODEL_URL: url, FLYWHEEL_MODEL: model, FLYWHEEL_RUN: runId, FLYWHEEL_CHECKPOINT: label };
  const environment = {
    ...knownEnvironment(env),
    ...asked,
    ...(key === null ? {} : { FLYWHEEL_MODEL_KEY: key }),
  };
  const options = { signal, env: environment, timeout: timeoutSeconds * 1000, maxBuffer: MOST_BYTES };
  const { stdout } = await run(program, args, { ...options, killSignal: 'SIGKILL' }).catch(
    (error: { code?: number | string; killed?: boolean; stderr?: string; message: string }) => {
      if (signal.aborted) throw error;
      const last = error.stderr?.trim().split('\n').at(-1) ?? '';
      throw fail(
        error.killed
          ? `${program} did not end within ${timeoutSeconds} s (timeoutSeconds)`
          : typeof error.code === 'number'
            ? `${program} ended with exit code ${error.code}${last === '' ? '' : `: ${last.slice(0, 300)}`}`
            : `${program} did not run: ${error.message.slice(0, 300)}`,
      );
    },
  );
  const result = parse(stdout) ?? parse(stdout.trim().split('\n').at(-1) ?? '');
  if (result === null) throw fail(`${program} printed no JSON object`);
  return { result, metrics: metricsIn(result) };
}

function parse(text: string): object | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** Every finite number of a document by its path: `results.ifeval.acc`. */
export function metricsIn(value: unknown, path = ''): Metrics {
  if (typeof value === 'number') return Number.isFinite(value) ? { [path]: value } : {};
  if (typeof value !== 'object' || value === null) return {};
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) => metricsIn(inner, path === '' ? key : `${path}.${key}`)),
  ) as Metrics;
}
