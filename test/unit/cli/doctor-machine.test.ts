import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Finding } from '../../../src/cli/doctor/finding';
import { checkMachine, portOf } from '../../../src/cli/doctor/machine';
import { freePort } from '../../../src/embedded/ports';
import { temporaryFolder } from '../../../src/embedded/temporary-folder';
import { addDashboard, writeUp } from '../../../src/embedded/up-file';

/** The machine as an environment shows it: programs on the PATH, a home. */
const VARIABLES = [
  ...['PATH', 'FLYWHEEL_HOME', 'FLYWHEEL_PYTHON', 'FLYWHEEL_TEMPORAL'],
  ...['FLYWHEEL_DATABASE_URL', 'TEMPORAL_ADDRESS'],
];
const before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
let folder: string;

beforeEach(() => {
  folder = temporaryFolder('machine');
  for (const name of VARIABLES) if (name !== 'PATH') delete process.env[name];
  process.env['FLYWHEEL_HOME'] = join(folder, 'home', 'not-yet');
  process.env['FLYWHEEL_PYTHON'] = program('python', 'echo "ModuleNotFoundError: No module named trl" >&2; exit 1');
  process.env['FLYWHEEL_TEMPORAL'] = program('temporal', 'echo temporal version 1.9.1');
});
afterEach(() => {
  for (const [name, value] of before)
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(folder, { recursive: true, force: true });
});

/** A program of one line. */
function program(name: string, line: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return file;
}

/** Programs of these lines come first on the PATH. */
function onPath(programs: Record<string, string>): void {
  mkdirSync(join(folder, 'bin'));
  for (const [name, line] of Object.entries(programs)) program(join('bin', name), line);
  process.env['PATH'] = `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`;
}

const about = async (name: string): Promise<Finding | undefined> =>
  (await checkMachine()).find((one) => one.name === name);

it('names each part, and what is wrong with it and how it is mended', async () => {
  const findings = await checkMachine();
  expect(findings.map(({ name }) => name)).toEqual([
    ...['Node', 'Python', 'GPU', 'temporal', 'disk'],
    ...['port 7233', 'port 8233', 'port 7373'],
  ]);
  const [node, python, , temporal, disk] = findings;
  expect(node).toMatchObject({ level: 'ok', sentence: process.versions.node });
  expect(python?.level).toBe('problem');
  expect(python?.sentence).toMatch(/do not load in .*python: ModuleNotFoundError: No module named trl\. Run `npm run/);
  expect(temporal).toMatchObject({ level: 'ok', sentence: `1.9.1 (${join(folder, 'temporal')})` });
  expect(disk?.sentence).toMatch(/^(Only )?[\d.]+ GiB free at .*not-yet/);
});

it('says what Python loads, which program cannot run, and that a name leads nowhere', async () => {
  process.env['FLYWHEEL_PYTHON'] = program('whole', 'echo 3.11.2 torch 2.9 transformers 5 trl 1');
  process.env['FLYWHEEL_TEMPORAL'] = program('broken', 'exit 3');
  const [, python, , temporal] = await checkMachine();
  expect(python).toMatchObject({ level: 'ok', sentence: `3.11.2 torch 2.9 transformers 5 trl 1 (${folder}/whole)` });
  expect(temporal).toMatchObject({
    level: 'problem',
    sentence: expect.stringMatching(/broken does not run/) as string,
  });
  process.env['FLYWHEEL_PYTHON'] = join(folder, 'nowhere');
  expect(await about('Python')).toMatchObject({
    level: 'problem',
    sentence: expect.stringMatching(/FLYWHEEL_PYTHON=.*nowhere: there is no Python/) as string,
  });
});

it('reads the GPUs as the driver tells them', async () => {
  onPath({ 'nvidia-smi': 'echo NVIDIA H100, 81559, 1024; echo NVIDIA H100, 81559, 0' });
  expect(await about('GPU')).toEqual({
    ...{ name: 'GPU', level: 'ok' },
    sentence: 'NVIDIA H100 (80 GiB, 1 used), NVIDIA H100 (80 GiB, 0 used)',
  });
});

it('warns of a driver that does not answer', async () => {
  onPath({ 'nvidia-smi': 'echo driver mismatch >&2; exit 9' });
  expect(await about('GPU')).toMatchObject({
    level: 'warning',
    sentence: expect.stringMatching(/^nvidia-smi does not answer/) as string,
  });
});

it('tells a port that is free from one in use, and from our own', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    expect(await portOf(await freePort(), 'dashboard')).toBe('free');
    expect(await portOf(port, 'dashboard')).toEqual({
      warning: 'in use by another program, so `npx flywheel up` takes any free port for the dashboard',
    });
    expect(await portOf(port, 'Temporal UI', '; --ui-port asks for a certain one')).toEqual({
      warning: expect.stringMatching(/for the Temporal UI; --ui-port asks for a certain one$/) as string,
    });
    writeUp({ databaseUrl: 'postgres://', temporalAddress: '127.0.0.1:1', uiUrl: '' });
    addDashboard(`http://127.0.0.1:${port}`);
    expect(await portOf(port, 'dashboard')).toBe(`the dashboard of process ${process.pid} (npx flywheel up)`);
  } finally {
    server.close();
  }
});

it('needs no ports of a Temporal server that is elsewhere, but the one of the dashboard', async () => {
  process.env['TEMPORAL_ADDRESS'] = 'temporal:7233';
  const findings = await checkMachine();
  expect(findings.filter(({ sentence }) => sentence.startsWith('not needed')).map(({ name }) => name)).toEqual([
    'port 7233',
    'port 8233',
  ]);
});
