import { rmSync } from 'node:fs';
import { UserError } from '../errors';
import { readIfThere, writePrivateFile } from './files';
import { homePaths } from './paths';
import { isAlive, thisProcess, type ProcessIdentity } from './process';

/** Where the embedded parts answer now. The file is readable by its owner only: the database's URL holds a password. */
export interface UpFile {
  /** The process that holds the parts; when it ends, they end. */
  holder: ProcessIdentity;
  /** ISO time at which they were up. */
  since: string;
  databaseUrl: string;
  /** `host:port` of Temporal's gRPC frontend. */
  temporalAddress: string;
  uiUrl: string;
  /** Where the dashboard answers, once the holder serves it. */
  dashboardUrl?: string;
}

/** Tells other commands where the parts answer; this process is their holder. */
export function writeUp(parts: Omit<UpFile, 'holder' | 'since'>, file = homePaths().upFile): UpFile {
  const up: UpFile = { holder: thisProcess(), since: new Date().toISOString(), ...parts };
  writePrivateFile(file, `${JSON.stringify(up, null, 2)}\n`);
  return up;
}

/** Tells also of the dashboard, which starts after the parts; of what another process holds nothing is told. */
export function addDashboard(dashboardUrl: string, file = homePaths().upFile): void {
  const up = readUp(file);
  if (up?.holder.pid === process.pid) writePrivateFile(file, `${JSON.stringify({ ...up, dashboardUrl }, null, 2)}\n`);
}

/** The parts that are up, null when there are none or their holder is dead. */
export function readUp(file = homePaths().upFile): UpFile | null {
  const text = readIfThere(file);
  if (text === null) return null;
  try {
    const up = JSON.parse(text) as UpFile;
    return isAlive(up.holder) ? up : null;
  } catch {
    throw new UserError(
      `${file} is not the JSON that a holder of the embedded parts writes: delete it and start them again.`,
    );
  }
}

/** Removes the file, if this process wrote it. */
export function removeUp(file = homePaths().upFile): void {
  if (readUp(file)?.holder.pid === process.pid) rmSync(file, { force: true });
}
