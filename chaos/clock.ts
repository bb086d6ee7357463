import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The clocks of some processes, which are wrong by what a file says. */
export interface Clock {
  /** What a process is started with to have such a clock. */
  env: Record<string, string>;
  jump(hours: number): void;
}

/** libfaketime as Debian's package `faketime` installs it; null where it is not there. */
export function faketimeLibrary(): string | null {
  const root = '/usr/lib';
  const folders = existsSync(root) ? readdirSync(root) : [];
  const found = folders.map((folder) => join(root, folder, 'faketime', 'libfaketimeMT.so.1')).find(existsSync);
  return found ?? null;
}

/** @param folder holds the file. @throws Error without libfaketime. */
export function fakedClock(folder: string): Clock {
  const library = faketimeLibrary();
  if (library === null) throw new Error('libfaketime is not there');
  const file = join(folder, 'clock');
  const jump = (hours: number) => writeFileSync(file, `${hours < 0 ? '-' : '+'}${Math.abs(hours) * 3600}\n`);
  jump(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // The file is read at each look at the clock.
      FAKETIME_NO_CACHE: '1',
      // As when a system's clock is set: what counts time since the start goes on, and files keep their times.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    jump,
  };
}
