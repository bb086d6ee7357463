import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors';
import { readIfThere, writePrivateFile } from './files';

/** The system user that Postgres runs as, because it refuses to run as root. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

function idOf(name: string): SystemUser | null {
  try {
    const ask = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { name, uid: ask('-u'), gid: ask('-g') };
  } catch {
    return null;
  }
}

/**
 * Who Postgres runs as: null (we ourselves) for everybody but root; for root the user `postgres` where the system has
 * one, else `nobody`. No user is ever made: set-up changes nothing outside the repository that it can avoid.
 */
export function postgresUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const user = idOf('postgres') ?? idOf('nobody');
  if (user !== null) return user;
  throw new UserError(
    'Postgres does not run as root and this system has neither a user `postgres` nor `nobody`: ' +
      'add one (`useradd --system postgres`), run as another user, or name a database in FLYWHEEL_DATABASE_URL.',
  );
}

/** Whether `user` can work in `folder`: that takes the right to pass through every folder above it. */
function canEnter(folder: string, user: SystemUser): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'cd "$0"', folder], { uid: user.uid, gid: user.gid, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder that others may pass through, whatever the umask is, and whose parents are ours. */
function makePassable(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid?.()) throw new UserError(`${folder} belongs to user ${uid}, not to us: remove it.`);
  if ((mode & 0o011) !== 0o011) execFileSync('chmod', ['go+x', folder]);
}

/** Folders outside any home, the first that can be made is used. Not /tmp, which is emptied at a reboot. */
const OUTSIDE = ['/var/lib/arena-flywheel', '/var/tmp/arena-flywheel'];

/** A folder of ours that every user can pass through, for what Postgres must reach when the repository is closed to it. */
export function outsideFolder(): string {
  const problems: string[] = [];
  for (const folder of OUTSIDE) {
    try {
      makePassable(folder);
      return folder;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new UserError(`No folder for Postgres outside this home could be made: ${problems.join('; ')}`);
}

/**
 * The folder in which Postgres keeps its things: `folder` itself, or, where its user cannot enter that (root's home has
 * mode 0700), a new folder outside, remembered in `folder/location`, so that a fresh clone never finds an old database.
 */
export function reachableFolder(folder: string, user: SystemUser | null, notice: (line: string) => void): string {
  mkdirSync(folder, { recursive: true, mode: user === null ? 0o700 : 0o711 });
  if (user === null) return folder;

  const pointer = join(folder, 'location');
  const remembered = readIfThere(pointer)?.trim();
  if (remembered !== undefined) {
    if (existsSync(remembered)) return remembered;
    throw new UserError(
      `The database's folder ${remembered}, named in ${pointer}, is gone: restore it, or delete ${pointer} to begin with an empty database.`,
    );
  }
  if (canEnter(folder, user)) return folder;

  const outside = mkdtempSync(join(outsideFolder(), `${basename(dirname(folder)).replace(/^\./, '')}-`));
  makePassable(outside);
  writePrivateFile(pointer, `${outside}\n`);
  notice(`Postgres runs as user ${user.name}, who cannot enter ${folder}: its data is kept in ${outside}.`);
  return outside;
}

/** Makes an empty folder that belongs to the user Postgres runs as, mode 0700. */
export function makeOwnedFolder(folder: string, user: SystemUser | null): void {
  mkdirSync(folder, { mode: 0o700 });
  if (user !== null) chownSync(folder, user.uid, user.gid);
}
