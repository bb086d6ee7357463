import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../errors';
import { readIfThere } from './files';
import { lifelineScript } from './paths';
import { isAlive, sendSignal, thisProcess, waitUntil, type ProcessIdentity } from './process';

/** One server to run as a child that never outlives this process. */
export interface ChildOptions {
  /** For messages, such as `Postgres`. */
  name: string;
  command: string;
  args: readonly string[];
  /** The server's environment; PATH, HOME, LANG and TMPDIR are added, nothing else of ours is. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Another user to run as; only root may. */
  user?: { uid: number; gid: number } | null;
  /** Receives stdout and stderr. The log of the start before is kept as `<logFile>.1`. */
  logFile: string;
  /** Names the running server, so that a later start finds one whose holder and lifeline were both killed. */
  recordFile?: string;
  /** Asked again and again until it answers true; what it throws ends the start. */
  ready: () => Promise<boolean>;
  /** How long `ready` may take, in seconds. */
  readySeconds?: number;
  /** Calls the start off: what has been started so far is ended. */
  calledOff?: AbortSignal;
  /** The signal that asks the server to stop. */
  signal?: 'SIGTERM' | 'SIGINT';
  /** Seconds from the signal to SIGKILL. */
  graceSeconds?: number;
  /** A cure for what the log says, as a sentence; null when it knows none. */
  cure?: (log: string) => string | null;
}

/** How a server ended: its exit code or the signal that ended it. */
export interface ChildEnd {
  code: number | null;
  signal: string | null;
}

/** A running server. */
export interface Child {
  pid: number;
  /** Resolves when the server has ended, asked or not. */
  ended: Promise<ChildEnd>;
  /** Stops the server and waits for its end. May be called again. */
  stop: () => Promise<void>;
}

/** The start failed because the server ended first; `log` is what it wrote. */
export class ChildStartError extends UserError {
  constructor(
    message: string,
    readonly log: string,
  ) {
    super(message);
  }
}

interface ServerRecord {
  holder: ProcessIdentity;
  signal: 'SIGTERM' | 'SIGINT';
  graceSeconds: number;
  server: ProcessIdentity;
}

/** Lines of the lifeline's stdout. */
type Report = ProcessIdentity | { exit: ChildEnd } | { error: string };

const INHERITED = ['PATH', 'HOME', 'LANG', 'TMPDIR'] as const;

/** Stops a process (a group's leader): the signal, and at its end or after the grace time SIGKILL to the group. */
async function stopProcess(server: ProcessIdentity, signal: NodeJS.Signals, graceSeconds: number): Promise<void> {
  const isGone = () => !isAlive(server);
  if (isGone()) return;
  sendSignal(server.pid, signal);
  await waitUntil(isGone, graceSeconds);
  sendSignal(-server.pid, 'SIGKILL');
  await waitUntil(isGone, 5);
}

/**
 * To be called before a server with a record is started: stops the one that an earlier holder left behind when it and the
 * lifeline were killed. Throws one sentence when a living process holds the server.
 * @param evenHeld ends it all the same, because the holder has lost the right to it.
 */
export async function endLeftover(name: string, recordFile: string, { evenHeld = false } = {}): Promise<void> {
  const text = readIfThere(recordFile);
  if (text === null) return;
  const record = JSON.parse(text) as ServerRecord;
  if (isAlive(record.server)) {
    if (!evenHeld && isAlive(record.holder)) {
      throw new UserError(
        `${name} runs already, held by process ${record.holder.pid}: use that one, or stop process ${record.holder.pid} ` +
          'first, or name another folder in FLYWHEEL_HOME.',
      );
    }
    await stopProcess(record.server, record.signal, record.graceSeconds);
  }
  rmSync(recordFile, { force: true });
}

/** Opens a fresh log; the one of the start before becomes `<logFile>.1`. */
function openLog(logFile: string): number {
  mkdirSync(dirname(logFile), { recursive: true });
  if (statSync(logFile, { throwIfNoEntry: false })) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a', 0o600);
}

function tail(log: string, lines = 12): string {
  return log
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `  ${line}`)
    .join('\n');
}

function spawnLifeline(options: ChildOptions, signal: string, graceSeconds: number): ChildProcess {
  const env: Record<string, string> = {};
  for (const key of INHERITED) {
    const value = process.env[key];
    if (value !== undefined) env[key] = value;
  }
  const { name, command, args, cwd, user, recordFile } = options;
  const content = { holder: thisProcess(), signal, graceSeconds };
  const record = recordFile === undefined ? undefined : { file: recordFile, content };
  const spec = { name, command, args, cwd, uid: user?.uid, gid: user?.gid, signal, graceSeconds, record };
  const log = openLog(options.logFile);
  try {
    return spawn(process.execPath, [lifelineScript(), JSON.stringify(spec)], {
      // A session of its own: a Ctrl-C on the terminal is for us, and we stop the server when we are ready to.
      detached: true,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', log],
    });
  } finally {
    closeSync(log);
  }
}

/**
 * Starts a server and waits until it is ready. The server runs under a lifeline (`scripts/lifeline.cjs`) and is stopped
 * as soon as this process ends, even by SIGKILL. It does not keep this process alive.
 *
 * Throws a `ChildStartError` with the end of the log when the server ends before it is ready or is not ready in time.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, signal = 'SIGTERM', graceSeconds = 10, readySeconds = 60 } = options;
  const lifeline = spawnLifeline(options, signal, graceSeconds);
  let server: ProcessIdentity | null = null;
  let end: ChildEnd | null = null;
  let startError: string | null = null;
  const ended = new Promise<ChildEnd>((resolve) => {
    const lines = createInterface({ input: lifeline.stdout! });
    lines.on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if ('pid' in report) server = report;
      else if ('exit' in report) end = report.exit;
      else startError = report.error;
    });
    lifeline.stdin!.on('error', () => undefined); // the lifeline is gone: `close` tells
    lifeline.once('error', (error) => {
      startError = error.message;
    });
    lifeline.once('close', () => {
      // A lifeline that was killed leaves its server behind; without one nothing may run.
      const left = end === null && server !== null ? stopProcess(server, signal, graceSeconds) : null;
      end ??= { code: null, signal: null };
      resolve(Promise.resolve(left).then(() => end!));
    });
  });
  const setHeld = (held: 'ref' | 'unref') => {
    lifeline[held]();
    for (const stream of [lifeline.stdin, lifeline.stdout])
      (stream as unknown as { ref(): void; unref(): void })[held]();
  };
  const stop = async () => {
    setHeld('ref');
    lifeline.stdin!.end();
    await ended;
  };

  const fail = (what: string): ChildStartError => {
    const log = readFileSync(options.logFile, 'utf8');
    const cure = options.cure?.(log) ?? 'The log tells more.';
    const lines = log.trim() === '' ? '' : `\n${tail(log)}`;
    return new ChildStartError(`${name} ${what}. ${cure} Log: ${options.logFile}${lines}`, log);
  };
  try {
    const isReady = await waitUntil(
      async () => end !== null || options.calledOff?.aborted || ((await options.ready()) && server !== null),
      readySeconds,
    );
    if (startError !== null) throw fail(`could not be started (${options.command}: ${String(startError)})`);
    if (end !== null) throw fail(`ended while it started (${describeEnd(end)})`);
    options.calledOff?.throwIfAborted();
    if (!isReady || server === null) throw fail(`was not ready after ${readySeconds} s`);
  } catch (error) {
    await stop();
    throw error;
  }
  setHeld('unref');
  return { pid: (server as ProcessIdentity).pid, ended, stop };
}

/** `exit code 1`, `signal SIGKILL`, or that nobody saw it. */
export function describeEnd({ code, signal }: ChildEnd): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? 'its end was not seen' : `exit code ${code}`;
}
