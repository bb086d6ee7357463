import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStart, thisProcess } from '../../../src/embedded/process';
import { addDashboard, readUp, removeUp, writeUp } from '../../../src/embedded/up-file';

const parts = {
  databaseUrl: 'postgres://u:p@127.0.0.1:5/d',
  temporalAddress: '127.0.0.1:7233',
  uiUrl: 'http://127.0.0.1:8233',
};
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-up-'));
  file = join(folder, 'home', 'up.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is up is read back while its holder lives, by its owner only, until it is removed', () => {
  expect(readUp(file)).toBeNull();
  writeUp(parts, file);
  expect(readUp(file)).toMatchObject({ ...parts, holder: { pid: process.pid } });
  expect(statSync(file).mode & 0o077).toBe(0);
  removeUp(file);
  expect(readUp(file)).toBeNull();
});

test('a dead holder, or another process with its number, counts as nothing up; its file is left alone', () => {
  const up = writeUp(parts, file);
  const dead = { ...up, holder: { pid: 2 ** 22 - 1, start: '1' } };
  const reused = { ...up, holder: { pid: process.ppid, start: `${processStart(process.ppid)}0` } };
  for (const other of [dead, reused]) {
    writeFileSync(file, JSON.stringify(other));
    expect(readUp(file)).toBeNull();
    removeUp(file);
    expect(statSync(file).isFile()).toBe(true);
  }
});

test('the dashboard is told of beside the rest, by the holder only', () => {
  addDashboard('http://127.0.0.1:7373', file);
  expect(readUp(file)).toBeNull();
  const up = writeUp(parts, file);
  addDashboard('http://127.0.0.1:7373', file);
  expect(readUp(file)).toEqual({ ...up, dashboardUrl: 'http://127.0.0.1:7373' });
  const others = { ...up, holder: { pid: process.ppid, start: processStart(process.ppid) } };
  writeFileSync(file, JSON.stringify(others));
  addDashboard('http://127.0.0.1:7374', file);
  expect(readUp(file)).toEqual(others);
});

test('a file of another make is refused with the cure', () => {
  writeUp(parts, file);
  writeFileSync(file, 'not json');
  expect(() => readUp(file)).toThrow('delete it');
});

test('a process start is stable', () => {
  expect(thisProcess()).toEqual(thisProcess());
  expect(processStart(process.pid)).toMatch(/\d/);
});
