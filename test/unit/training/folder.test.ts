import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStart } from '../../../src/embedded/process';
import { isHeld } from '../../../src/training/folder';

const folder = mkdtempSync(join(tmpdir(), 'job-'));
const lock = join(folder, 'lock.json');
const hold = (owner: object) => writeFileSync(lock, JSON.stringify(owner));
afterAll(() => rmSync(folder, { recursive: true }));

it('a folder without a lock is free', async () => expect(await isHeld(folder)).toBe(false));

it('a lock of this host holds while its process lives', async () => {
  const start = processStart(process.pid);
  hold({ host: hostname(), pid: process.pid, start });
  utimesSync(lock, 0, 0);
  expect(await isHeld(folder)).toBe(true);
  hold({ host: hostname(), pid: process.pid, start: `${start}1` });
  expect(await isHeld(folder)).toBe(false);
});

it('a lock of another host holds while it is touched', async () => {
  hold({ host: 'elsewhere', pid: 1, start: 1 });
  expect(await isHeld(folder)).toBe(true);
  utimesSync(lock, Date.now() / 1000 - 31, Date.now() / 1000 - 31);
  expect(await isHeld(folder)).toBe(false);
});
