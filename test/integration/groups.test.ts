import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { ManagedProcess } from '../../src/config/schema';
import { repositoryRoot } from '../../src/embedded/paths';
import { freePort } from '../../src/embedded/ports';
import { isAlive, processStart, waitUntil } from '../../src/embedded/process';
import { createGroups, type Groups } from '../../src/groups/groups';
import { thisHolder } from '../../src/groups/lease';
import { managedNeed, type Managed } from '../../src/groups/managed';
import { unseen, type Need } from '../../src/groups/need';
import { temporaryFolder } from '../../src/embedded/temporary-folder';
import { testDatabase } from '../support/postgres';

/** Resource groups on a real Postgres, with real processes that come and go. */
let postgres: Awaited<ReturnType<typeof testDatabase>>;
let pool: Pool;
let folder: string;
const open: Groups[] = [];

beforeAll(async () => {
  postgres = await testDatabase();
  ({ pool } = postgres);
});
beforeEach(() => (folder = temporaryFolder('groups')));
afterEach(async () => {
  await Promise.all(open.splice(0).map((groups) => groups.close()));
  rmSync(folder, { recursive: true, force: true });
  await pool.query('delete from group_leases');
});
afterAll(() => postgres?.stop());

/** A worker's groups. */
function worker(idleMs = 60_000): Groups {
  const groups = createGroups({ pool, holder: thisHolder(randomUUID()), idleMs });
  open.push(groups);
  return groups;
}

/** A server that notes in `there` that it is up. */
const SERVER = `
const { appendFileSync, rmSync, writeFileSync } = require('node:fs');
const [file, port] = process.argv.slice(1);
appendFileSync(file + '.starts', '.');
require('node:http').createServer((_, response) => response.end('{}')).listen(Number(port), '127.0.0.1', () => writeFileSync(file, String(process.pid)));
process.on('SIGTERM', () => { rmSync(file); process.exit(0); });`;

const there = (name: string) => existsSync(join(folder, name));
const startsOf = (name: string) => readFileSync(join(folder, `${name}.starts`), 'utf8').length;

async function managed(name: string, units: number, change: Partial<ManagedProcess> = {}): Promise<Managed> {
  const port = await freePort();
  const start = [process.execPath, '-e', SERVER, join(folder, name), String(port)];
  const given = { stop: null, ready: null, readySeconds: 60, passEnv: [] };
  return {
    ...{ label: name, total: 8, urls: [`http://127.0.0.1:${port}`], folder },
    process: { ...given, start, group: { name: 'node', units }, ...change },
  };
}
const server = async (name: string, units: number, change: Partial<ManagedProcess> = {}): Promise<Need> =>
  managedNeed(await managed(name, units, change));

it('what fits is up together and shared, what does not takes turns, and what nobody uses any more ends', async () => {
  const groups = worker(3000);
  const [a, b, c] = await Promise.all([server('a', 4), server('b', 4), server('c', 8)]);
  const both = async () => {
    expect([there('a'), there('b'), there('c')]).toEqual([true, true, false]);
    await sleep(300);
  };
  const inner = () => groups.using(b, both);
  await Promise.all([groups.using(a, inner), groups.using(a, inner)]);
  await groups.using(c, () => {
    expect([there('a'), there('b'), there('c')]).toEqual([false, false, true]);
    return Promise.resolve();
  });
  expect([startsOf('a'), startsOf('b')]).toEqual([1, 1]);
  expect(await waitUntil(() => !there('c'), 60)).toBe(true);
  const free = async () => (await pool.query('select name from group_leases')).rows.length === 0;
  expect(await waitUntil(free, 60)).toBe(true);
});

it('another worker waits until the holder rests, and then takes over', async () => {
  const [first, second] = [worker(), worker()];
  const [a, b] = await Promise.all([server('a', 8), server('b', 8)]);
  let leave: () => void = () => undefined;
  const stay = new Promise<void>((resolve) => (leave = resolve));
  const held = first.using(a, () => stay);
  expect(await waitUntil(() => there('a'), 60)).toBe(true);
  const called = new AbortController();
  const impatient = second.using(b, () => Promise.resolve(), called.signal);
  const patient = second.using(b, () => Promise.resolve([there('a'), there('b')]));
  expect(await waitUntil(() => second.waiting().length > 0, 60)).toBe(true);
  await sleep(1000);
  expect([first.waiting(), second.waiting()]).toEqual([[], ['b']]);
  called.abort();
  await expect(impatient).rejects.toMatchObject({ name: 'AbortError' });
  expect([there('a'), there('b')]).toEqual([true, false]);
  leave();
  await held;
  expect(await patient).toEqual([false, true]);
});

it('after a worker and its supervisor were killed, the next one ends what they left before it begins', async () => {
  const left = await managed('left', 8);
  const holder = spawn(
    process.execPath,
    ['-r', './test/support/typescript.cjs', 'test/support/group-holder.ts', postgres.url, JSON.stringify(left)],
    { cwd: repositoryRoot(), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  const orphan = Number(readFileSync(join(folder, 'left'), 'utf8'));
  const lifeline = Number(/^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${orphan}/stat`, 'utf8'))?.[1]);
  process.kill(lifeline, 'SIGKILL');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  // Nobody ends it by itself.
  await sleep(500);
  const identity = { pid: orphan, start: processStart(orphan) ?? '' };
  const isThere = () => isAlive(identity);
  const before = isThere();
  const next = await server('next', 8);
  await worker().using(next, () =>
    Promise.resolve(expect([before, isThere(), there('next')]).toEqual([true, false, true])),
  );
});

/** A process that holds a job's folder as a trainer does. */
function trainerAt(label: string) {
  const job = join(folder, label);
  mkdirSync(job);
  const trainer = spawn('sleep', ['600']);
  const { pid = 0 } = trainer;
  writeFileSync(join(job, 'lock.json'), JSON.stringify({ host: hostname(), pid, start: processStart(pid) }));
  return { job, trainer, isAtWork: () => Promise.resolve(processStart(pid) !== null) };
}

it('a trainer that outlived its worker keeps the node, and only its own job may join it', async () => {
  const { job, trainer, isAtWork } = trainerAt('r1-sft-a1');
  const running = [{ label: 'training', stop: null, passEnv: [], record: null, job }];
  await pool.query(
    `insert into group_leases (name, holder, host, pid, process_start, until, running) values ('node', 'dead', $1, 1, 'before', now(), $2)`,
    [hostname(), JSON.stringify(running)],
  );
  const judge = await server('judge', 8);
  const own: Need = { ...(await server('training', 8, { start: null })), onLease: { ...running[0]!, job } };
  const waiting = worker().using(judge, () => Promise.resolve(there('judge')));
  await sleep(1000);
  expect(there('judge')).toBe(false);
  const joiner = worker();
  await joiner.using({ ...own, isBusy: isAtWork }, () => sleep(100));
  // The joiner has let it go, but the trainer is at work.
  await sleep(3000);
  expect(there('judge')).toBe(false);
  trainer.kill('SIGKILL');
  await once(trainer, 'exit');
  expect(await waiting).toBe(true);
});

it('a worker that ends ends nothing of a trainer that goes on, which keeps the node', async () => {
  const { job, trainer, isAtWork } = trainerAt('r1-dpo-a1');
  const down = jest.fn(() => Promise.resolve());
  const training: Need = {
    ...(await server('training', 8, { start: null })),
    up: () => Promise.resolve(unseen(down)),
    isBusy: isAtWork,
    onLease: { label: 'training', stop: null, passEnv: [], record: null, job },
  };
  const leaver = worker();
  await leaver.using(training, () => sleep(100));
  await leaver.close();
  expect(down).not.toHaveBeenCalled();

  // The time of its lease passes.
  await pool.query('update group_leases set until = now()');
  const judge = await server('judge', 8);
  const waiting = worker().using(judge, () => Promise.resolve(there('judge')));
  await sleep(1000);
  expect(there('judge')).toBe(false);
  trainer.kill('SIGKILL');
  await once(trainer, 'exit');
  expect(await waiting).toBe(true);
});

it('who is called off while a place is made for them waits for no start', async () => {
  const slow: Need = {
    ...(await server('slow', 8, { start: null })),
    up: (calledOff) =>
      sleep(
        30_000,
        unseen(() => Promise.resolve()),
        { signal: calledOff },
      ),
  };
  const called = new AbortController();
  const waiting = worker().using(slow, () => Promise.resolve(), called.signal);
  called.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

it('what does not come up says so to all who wait, with the end of its log, and is not started again for each', async () => {
  const groups = worker();
  const file = join(folder, 'broken');
  const code = `require('node:fs').appendFileSync('${file}', '.'); console.error('CUDA out of memory'); process.exit(1)`;
  const broken = await server('broken', 8, { start: [process.execPath, '-e', code] });
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => groups.using(broken, () => Promise.resolve())));
  for (const one of all)
    expect(one).toMatchObject({ reason: { message: expect.stringContaining('CUDA out of memory') as string } });
  expect(readFileSync(file, 'utf8')).toBe('.');
});

it('takes no server for its own that was there before', async () => {
  const taken = await managed('taken', 8);
  const stranger = spawn(process.execPath, [
    '-e',
    SERVER,
    join(folder, 'stranger'),
    taken.urls[0]?.split(':').at(-1) ?? '',
  ]);
  expect(await waitUntil(() => there('stranger'), 60)).toBe(true);
  try {
    await expect(worker().using(managedNeed(taken), () => Promise.resolve())).rejects.toThrow(
      'though it has not been started here',
    );
  } finally {
    stranger.kill('SIGTERM');
    await once(stranger, 'exit');
  }
});

it('what a command launches is ended by a command, also by the worker after one that died', async () => {
  const file = join(folder, 'launched');
  const shell = (line: string) => ['/bin/sh', '-c', line];
  const commands = { start: shell(`echo up > ${file}`), stop: shell(`rm ${file}`), ready: shell(`test -f ${file}`) };
  const launched = await server('launched', 8, commands);
  const groups = worker();
  await groups.using(launched, () => Promise.resolve(expect(there('launched')).toBe(true)));
  await groups.close();
  expect(there('launched')).toBe(false);

  appendFileSync(file, 'left');
  await pool.query(
    `insert into group_leases (name, holder, host, pid, process_start, until, running) values ('node', 'dead', $1, 1, 'before', now(), $2)`,
    [hostname(), JSON.stringify([launched.onLease])],
  );
  const next = await server('next', 8);
  await worker().using(next, () => Promise.resolve(expect(there('launched')).toBe(false)));
});
