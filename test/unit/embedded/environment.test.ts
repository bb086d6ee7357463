import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flywheelHome, homePaths, pythonPath, repositoryRoot, temporalBinary } from '../../../src/embedded/paths';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-environment-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function executable(...parts: string[]): string {
  const file = join(folder, ...parts);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

test('the root is the folder with package.json, the home lies in it unless FLYWHEEL_HOME names another', () => {
  expect(repositoryRoot()).toBe(join(__dirname, '..', '..', '..'));
  expect(flywheelHome({})).toBe(join(repositoryRoot(), '.flywheel'));
  expect(flywheelHome({ FLYWHEEL_HOME: folder })).toBe(folder);
  expect(homePaths(folder)).toMatchObject({ temporalDb: join(folder, 'temporal.db'), upFile: join(folder, 'up.json') });
});

test('FLYWHEEL_PYTHON names an environment, a python, or a command on the PATH', () => {
  const python = executable('env', 'bin', 'python');
  expect(pythonPath({ FLYWHEEL_PYTHON: join(folder, 'env') })).toBe(python);
  expect(pythonPath({ FLYWHEEL_PYTHON: python })).toBe(python);
  expect(pythonPath({ FLYWHEEL_PYTHON: 'python', PATH: join(folder, 'env', 'bin') })).toBe(python);
});

test('an environment that is not there is refused with the cure', () => {
  expect(() => pythonPath({ FLYWHEEL_PYTHON: folder })).toThrow(
    `there is no Python at ${join(folder, 'bin', 'python')}`,
  );
  expect(() => pythonPath({ FLYWHEEL_PYTHON: join(folder, 'nothing') })).toThrow('name an environment');
});

test('the temporal binary is the one named, else the one beside the Python, else the one on the PATH', () => {
  const python = executable('env', 'bin', 'python');
  const onPath = executable('elsewhere', 'temporal');
  const env = { FLYWHEEL_PYTHON: python, PATH: join(folder, 'elsewhere') };
  expect(temporalBinary(env)).toBe(onPath);
  const beside = executable('env', 'bin', 'temporal');
  expect(temporalBinary(env)).toBe(beside);
  expect(temporalBinary({ ...env, FLYWHEEL_TEMPORAL: onPath })).toBe(onPath);
  expect(() => temporalBinary({ ...env, FLYWHEEL_TEMPORAL: folder })).toThrow('no executable file');
  rmSync(beside);
  expect(() => temporalBinary({ ...env, PATH: folder })).toThrow('No `temporal` binary was found');
});
