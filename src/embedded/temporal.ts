import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { ChildStartError, endLeftover, startChild, type ChildEnd } from './child';
import { temporalBinary } from './paths';
import { choosePort, isListening } from './ports';
import { ensureNamespace, SEARCH_ATTRIBUTES } from './search-attributes';

const DEFAULT_PORT = 7233;
export const DEFAULT_UI_PORT = 8233;
const NAMESPACE = 'default';
const PORT_TAKEN = /address already in use/;

export interface TemporalOptions {
  /** SQLite file of all runs. Made when missing. */
  dbFile: string;
  logFile: string;
  /** Port of the gRPC frontend on 127.0.0.1 (0: any free one); default 7233, or any free one when that is taken. */
  port?: number;
  /** Port of the web UI on 127.0.0.1 (0: any free one); default 8233, or any free one when that is taken. */
  uiPort?: number;
  /** Where the UI has encrypted payloads opened (src/codec). */
  codecEndpoint?: string;
  /** The server's own settings by their names (its dynamic configuration), such as the length of a history at which a run should go on in a new one. */
  dynamicConfig?: Readonly<Record<string, number | boolean | string>>;
  /** The binary; default by the rule of paths.ts. */
  binary?: string;
}

/** A running Temporal development server, on 127.0.0.1 only, with its namespace made fit (`ensureNamespace`). */
export interface Temporal {
  /** `127.0.0.1:PORT`, for connections. */
  address: string;
  port: number;
  uiPort: number;
  namespace: string;
  /** The web UI, for people. */
  uiUrl: string;
  pid: number;
  /** Resolves when the server has ended, asked or not. */
  ended: Promise<ChildEnd>;
  /** Stops the server and waits for its end. */
  stop: () => Promise<void>;
}

/** Whether the frontend answers and knows the namespace. */
async function answers(port: number, uiPort: number): Promise<boolean> {
  if (!(await isListening(port)) || !(await isListening(uiPort))) return false;
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '2s' });
    await connection.withDeadline(Date.now() + 2000, () =>
      connection!.workflowService.describeNamespace({ namespace: NAMESPACE }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

function cure(log: string): string | null {
  if (PORT_TAKEN.test(log)) return 'A port is in use: stop what listens there or ask for another.';
  if (/not a database|malformed|disk image/.test(log))
    return 'The database file is damaged: move it away; runs go on from Postgres.';
  if (/disk is full|no space left/i.test(log)) return 'The disk is full: make room and start again.';
  if (/permission denied|readonly database|unable to open database/i.test(log))
    return 'The database file cannot be written by this user.';
  return null;
}

/**
 * Starts the Temporal development server on a SQLite file and waits until it answers. It is stopped when this process
 * ends, even by SIGKILL.
 *
 * `frontend.WorkflowPauseEnabled` stays off on purpose: it puts a button into the UI that pauses by the server's means,
 * and a run paused so answers neither queries nor updates, ours for `resume` included.
 *
 * Throws a UserError with the cure when there is no binary, when the file is held by another process, or when a port that
 * was asked for is in use.
 */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  for (let tries = 3; ; tries--) {
    try {
      return await startOnce(options);
    } catch (error) {
      // A free port that another process took before the server did.
      const isTaken = error instanceof ChildStartError && PORT_TAKEN.test(error.log);
      if (!isTaken || options.port || options.uiPort || tries === 1) throw error;
    }
  }
}

async function startOnce(options: TemporalOptions): Promise<Temporal> {
  const { dbFile, logFile, dynamicConfig = {}, binary = temporalBinary() } = options;
  const recordFile = `${dbFile}.server.json`;
  mkdirSync(dirname(dbFile), { recursive: true });
  await endLeftover('Temporal', recordFile);

  const port = await choosePort({ name: 'Temporal', asked: options.port, preferred: DEFAULT_PORT });
  const uiPort = await choosePort({ name: 'Temporal UI', asked: options.uiPort, preferred: DEFAULT_UI_PORT });
  const address = `127.0.0.1:${port}`;
  const flags = `--ip 127.0.0.1 --port ${port} --ui-port ${uiPort} --ui-disable-news-fetch --log-level warn`;
  const args = ['server', 'start-dev', '-f', dbFile, ...flags.split(' ')];
  if (options.codecEndpoint !== undefined) args.push('--ui-codec-endpoint', options.codecEndpoint);
  for (const [name, value] of Object.entries(dynamicConfig))
    args.push('--dynamic-config-value', `${name}=${JSON.stringify(value)}`);
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) args.push('--search-attribute', `${name}=${type}`);
  const child = await startChild({
    name: 'Temporal',
    command: binary,
    args,
    logFile,
    recordFile,
    ready: () => answers(port, uiPort),
    cure,
  });
  try {
    const connection = await Connection.connect({ address });
    try {
      await ensureNamespace(connection, NAMESPACE);
    } finally {
      await connection.close();
    }
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    address,
    port,
    uiPort,
    namespace: NAMESPACE,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    pid: child.pid,
    ended: child.ended,
    stop: child.stop,
  };
}
