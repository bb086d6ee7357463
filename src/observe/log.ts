import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import { UserError } from '../errors';

type Entry = Parameters<NonNullable<ConstructorParameters<typeof DefaultLogger>[1]>>[0];

const LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** Of what the SDK adds to each line, what nobody reads. */
const NOISE = new Set(['taskToken', 'isLocal', 'sdkComponent', 'namespace']);

export interface LogSettings {
  /** `errors`: as few lines as can be, for a person at a terminal. */
  form: 'errors' | 'text' | 'json';
  level: LogLevel;
}

/**
 * How a worker logs, by FLYWHEEL_LOG (`json` or `text`; unset: errors only, because failed work stands in the UI, in the run's progress
 * and on the command line) and FLYWHEEL_LOG_LEVEL (default: info).
 * @throws UserError for another value.
 */
export function logSettings(env: NodeJS.ProcessEnv = process.env): LogSettings {
  const { FLYWHEEL_LOG: form = '', FLYWHEEL_LOG_LEVEL: wanted = '' } = env;
  if (!['', 'text', 'json'].includes(form))
    throw new UserError(`FLYWHEEL_LOG must be json or text, not ${JSON.stringify(form)}.`);
  const level = (wanted || 'info').toUpperCase() as LogLevel;
  if (!LEVELS.includes(level))
    throw new UserError(
      `FLYWHEEL_LOG_LEVEL must be one of ${LEVELS.join(', ').toLowerCase()}, not ${JSON.stringify(wanted)}.`,
    );
  return form === '' ? { form: 'errors', level: 'ERROR' } : { form: form as 'text' | 'json', level };
}

/** The log of a worker, its SDK's lines included, on stderr. A line of an activity carries its run, round and stage (observe/activities.ts). */
export function createLog(
  { form, level }: LogSettings,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): DefaultLogger {
  const line = { errors: errorLine, text: textLine, json: jsonLine }[form];
  return new DefaultLogger(level, (entry) => write(`${line(entry)}\n`));
}

const errorLine = ({ level, message }: Entry): string => `${level} ${message}`;

function textLine(entry: Entry): string {
  const fields = Object.entries(fieldsOf(entry));
  const shown = fields.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [timeOf(entry), entry.level, entry.message, ...shown].join(' ');
}

function jsonLine(entry: Entry): string {
  return JSON.stringify({
    time: timeOf(entry),
    level: entry.level.toLowerCase(),
    message: entry.message,
    ...fieldsOf(entry),
  });
}

const timeOf = ({ timestampNanos }: Entry): string => new Date(Number(timestampNanos / 1_000_000n)).toISOString();

/** What stands beside the message, as plain JSON: an error as its kind, message and stack. */
function fieldsOf({ meta = {} }: Entry): Record<string, unknown> {
  const known = Object.entries(meta).filter(([name, value]) => !NOISE.has(name) && value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!isErrorLike(value)) return value;
  const { name, type, message, stack, cause } = value;
  return {
    name,
    ...(typeof type === 'string' ? { type } : {}),
    message,
    ...(cause === undefined ? {} : { cause: plain(cause) }),
    stack,
  };
}

/** Jest's realms break `instanceof`. */
const isErrorLike = (value: unknown): value is Error & { type?: unknown } =>
  typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
