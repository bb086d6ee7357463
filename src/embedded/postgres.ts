import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { UserError } from '../errors';
import { ChildStartError, endLeftover, startChild, type Child, type ChildEnd } from './child';
import { readIfThere, writePrivateFile } from './files';
import { choosePort } from './ports';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries';
import { makeOwnedFolder, postgresUser, reachableFolder, type SystemUser } from './postgres-user';
import { processCommand } from './process';

const USER = 'flywheel';
const DATABASE = 'flywheel';

export interface PostgresOptions {
  /** Where the data, the password and the log are kept from start to start. Made when missing. */
  dir: string;
  /** The port on 127.0.0.1; default: the one of the last start when it is free, else any free one. */
  port?: number;
  /** Told, in one line each, what the user should know (data kept elsewhere, binaries copied). */
  notice?: (line: string) => void;
}

/** A running embedded Postgres, on 127.0.0.1 only. */
export interface Postgres {
  /** `postgres://flywheel:PASSWORD@127.0.0.1:PORT/flywheel`; the user is the cluster's superuser. */
  url: string;
  port: number;
  pid: number;
  /** Resolves when the server has ended, asked or not. */
  ended: Promise<ChildEnd>;
  /** Fast shutdown (open transactions are rolled back), waited for. */
  stop: () => Promise<void>;
}

/** The superuser's password: made once, kept beside the data, readable by us only. */
function passwordIn(folder: string, hasData: boolean): string {
  const file = join(folder, 'password');
  const kept = readIfThere(file)?.trim();
  if (kept) return kept;
  if (hasData) {
    throw new UserError(
      `The password of the database in ${folder} is missing: restore ${file}, or move the folder away.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writePrivateFile(file, `${password}\n`);
  return password;
}

/** Makes the data folder: in a folder of another name that is renamed when whole, so that a killed start leaves nothing. */
async function initialise(
  folder: string,
  data: string,
  binaries: PostgresBinaries,
  user: SystemUser | null,
  password: string,
) {
  const half = `${data}.new`;
  const passwordFile = join(folder, 'initdb-password');
  rmSync(half, { recursive: true, force: true });
  makeOwnedFolder(half, user);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== null) chownSync(passwordFile, user.uid, user.gid);
  try {
    await promisify(execFile)(
      binaries.initdb,
      // --no-locale: the same order of texts everywhere, by bytes, whatever the system's locale and its version are.
      [
        `--pgdata=${half}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
      ],
      {
        cwd: folder,
        env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC' },
        ...(user && { uid: user.uid, gid: user.gid }),
      },
    );
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    const { stderr, message } = error as { stderr?: string; message: string };
    const reason = (stderr?.trim() || message).split('\n').slice(-3).join(' ');
    throw new UserError(`Postgres could not make its data folder ${data}: ${reason} (disk full or not writable?)`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(half, data);
}

/**
 * Removes a postmaster.pid whose process is dead or another program. Postgres itself takes any living process of its
 * user with that number for a server and refuses to start. Throws when a server that is not ours uses the folder.
 */
function clearStaleLock(data: string): void {
  const file = join(data, 'postmaster.pid');
  const text = readIfThere(file);
  if (text === null) return;
  const pid = Number(text.split('\n')[0]);
  const command = processCommand(pid);
  if (command?.includes('postgres') && command.includes(data)) {
    throw new UserError(`Another Postgres, process ${pid}, uses ${data}: stop it (kill -INT ${pid}) and start again.`);
  }
  rmSync(file, { force: true });
}

/** Whether the server takes our password and answers; false while it starts. */
async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01') {
      throw new UserError(
        'Postgres does not take the kept password: the data folder and its `password` file are not of one make.',
      );
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}

/** What passes by itself: a port that was taken between choosing and binding, backends of a killed server still ending. */
const PASSING = /could not bind|Address already in use|pre-existing shared memory block|lock file .* already exists/;

function cure(log: string): string | null {
  if (/No space left on device/.test(log)) return 'The disk is full: make room and start again.';
  if (/could not bind|Address already in use/.test(log))
    return 'Its port is in use: stop what listens there or ask for another.';
  if (/wrong ownership|Permission denied/.test(log))
    return 'The data folder belongs to another user: run as the user who made it.';
  if (/No usable system locale|could not.*shared memory/.test(log))
    return 'The system gives it too little shared memory (/dev/shm).';
  return null;
}

/**
 * Starts the embedded Postgres (its data is made on the first start), waits until it answers and makes sure that the
 * database `flywheel` is there. It is stopped when this process ends, even by SIGKILL.
 *
 * Throws a UserError with the cure when the folder is held by another process, is of another version or owner, when the
 * port that was asked for is in use, or when the binaries do not run here.
 */
export async function startPostgres({
  dir,
  port: asked,
  notice = () => undefined,
}: PostgresOptions): Promise<Postgres> {
  const user = postgresUser();
  const folder = reachableFolder(dir, user, notice);
  const binaries = postgresBinaries(user, notice);
  const data = join(folder, 'data');
  const recordFile = join(folder, 'server.json');
  await endLeftover('Postgres', recordFile);
  clearStaleLock(data);

  const isNew = !existsSync(data);
  const password = passwordIn(folder, !isNew);
  if (isNew) await initialise(folder, data, binaries, user, password);

  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version !== binaries.major) {
    throw new UserError(
      `The database in ${data} was made by Postgres ${version}, the installed one is ${binaries.major}: move it away, ` +
        'or dump it with the old version and load it with the new one.',
    );
  }

  const portFile = join(folder, 'port');
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort({
      name: 'Postgres',
      asked,
      preferred: Number(readIfThere(portFile) ?? 0) || undefined,
    });
    const address = `${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
    const adminUrl = `postgres://${address}/postgres`;
    let child: Child;
    try {
      child = await startChild({
        name: 'Postgres',
        command: binaries.postgres,
        args: ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
        env: { HOME: folder, TZ: 'UTC' },
        cwd: folder,
        user,
        logFile: join(folder, 'postgres.log'),
        recordFile,
        ready: () => answers(adminUrl),
        signal: 'SIGINT', // fast shutdown
        cure,
      });
    } catch (error) {
      if (attempt < 4 && error instanceof ChildStartError && PASSING.test(error.log)) {
        await sleep(500);
        continue;
      }
      throw error;
    }
    try {
      await ensureDatabase(adminUrl);
    } catch (error) {
      await child.stop();
      throw error;
    }
    writePrivateFile(portFile, `${port}\n`);
    return { url: `postgres://${address}/${DATABASE}`, port, pid: child.pid, ended: child.ended, stop: child.stop };
  }
}
