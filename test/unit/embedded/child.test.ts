import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftover, startChild, type Child, type ChildOptions } from '../../../src/embedded/child';
import { freePort, isListening } from '../../../src/embedded/ports';
import { processCommand, waitUntil } from '../../../src/embedded/process';

let folder: string;
let port: number;
let logFile: string;
const children: Child[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-child-'));
  port = await freePort();
  logFile = join(folder, 'logs', 'server.log');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a server that is a line of JavaScript, with `port` in reach. */
async function start(script: string, options: Partial<ChildOptions> = {}): Promise<Child> {
  const child = await startChild({
    name: 'Test server',
    command: process.execPath,
    args: ['-e', `const port = ${port}; ${script}`],
    logFile,
    ready: () => isListening(port),
    ...options,
  });
  children.push(child);
  return child;
}

const cure = (text: string) => (text.includes('no such disk') ? 'Buy a disk.' : null);
const LISTEN = "require('node:net').createServer().listen(port, '127.0.0.1', () => console.log('listening'));";
const log = (suffix = '') => readFileSync(join(folder, 'logs', `server.log${suffix}`), 'utf8');

test('a server is ready when startChild returns, and gone when stop returns', async () => {
  const child = await start(LISTEN);
  expect(await isListening(port)).toBe(true);
  await child.stop();
  expect(processCommand(child.pid)).toBeNull();
  expect(await child.ended).toEqual({ code: null, signal: 'SIGTERM' });
  await child.stop();
});

test('it sees only the environment that it is given', async () => {
  process.env['FLYWHEEL_TEST_SECRET'] = 'hidden';
  try {
    await start(`console.log(Object.keys(process.env).join(' ')); ${LISTEN}`, { env: { GIVEN: '1' } });
  } finally {
    delete process.env['FLYWHEEL_TEST_SECRET'];
  }
  expect(log()).toContain('GIVEN');
  expect(log()).toContain('PATH');
  expect(log()).not.toContain('FLYWHEEL_TEST_SECRET');
});

test('a server that does not heed the signal is killed after the grace time', async () => {
  const child = await start(`process.on('SIGTERM', () => {}); ${LISTEN}`, { graceSeconds: 0.3 });
  await child.stop();
  expect(await child.ended).toEqual({ code: null, signal: 'SIGKILL' });
});

test('`ended` tells of an end that nobody asked for', async () => {
  const child = await start(`process.once('SIGUSR2', () => process.exit(3)); ${LISTEN}`);
  process.kill(child.pid, 'SIGUSR2');
  expect(await child.ended).toEqual({ code: 3, signal: null });
});

test('an early end is told with the code, the cure and the end of the log', async () => {
  await expect(start("console.error('no such disk'); process.exit(4);", { cure })).rejects.toThrow(
    /^Test server ended while it started \(exit code 4\)\. Buy a disk\. Log: .*server\.log\n {2}no such disk$/,
  );
});

test('a program that is not there, and a server that is never ready, are errors', async () => {
  await expect(start('', { command: join(folder, 'nothing') })).rejects.toThrow(/could not be started .*ENOENT/);
  const never = start('setInterval(() => {}, 1000)', { readySeconds: 0.5 });
  await expect(never).rejects.toThrow('was not ready after 0.5 s');
});

test('the log of the start before is kept', async () => {
  await (await start(`console.log('first'); ${LISTEN}`)).stop();
  await (await start(`console.log('second'); ${LISTEN}`)).stop();
  expect(log('.1')).toContain('first');
  expect(log()).toContain('second');
  expect(log()).not.toContain('first');
});

test('when the lifeline is killed, the server is stopped by its holder', async () => {
  const child = await start(LISTEN);
  const lifeline = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  process.kill(lifeline, 'SIGKILL');
  await child.ended;
  expect(processCommand(child.pid)).toBeNull();
});

test('what a server has started itself ends with it', async () => {
  const workers =
    "const { pid } = require('node:child_process').spawn('sleep', ['600']); console.log('worker ' + pid);";
  const child = await start(`${workers} ${LISTEN}`);
  const worker = Number(/worker (\d+)/.exec(log())?.[1]);
  expect(processCommand(worker)).toBe('sleep 600');
  await child.stop();
  expect(await waitUntil(() => processCommand(worker) === null, 30)).toBe(true);
});

test('a start that is called off leaves nothing behind', async () => {
  const off = new AbortController();
  const starting = start(`console.log('pid ' + process.pid); ${LISTEN}`, {
    ready: () => Promise.resolve(false),
    calledOff: off.signal,
  });
  starting.catch(() => undefined);
  const pid = () => Number(existsSync(logFile) ? /pid (\d+)\n/.exec(log())?.[1] : NaN);
  expect(await waitUntil(() => processCommand(pid()) !== null, 30)).toBe(true);
  off.abort();
  await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  expect(processCommand(pid())).toBeNull();
});

test('a record names the server while it runs: a living holder keeps it, a dead one does not', async () => {
  const recordFile = join(folder, 'server.json');
  const child = await start(LISTEN, { recordFile });
  await expect(endLeftover('Test server', recordFile)).rejects.toThrow(`held by process ${process.pid}`);

  await child.stop();
  expect(existsSync(recordFile)).toBe(false);
  await endLeftover('Test server', recordFile);
});
