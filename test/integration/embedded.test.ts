import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { freePort } from '../../src/embedded/ports';
import { startPostgres, type Postgres } from '../../src/embedded/postgres';
import { processCommand, waitUntil } from '../../src/embedded/process';
import { ensureNamespace } from '../../src/embedded/search-attributes';
import { startTemporal, type Temporal } from '../../src/embedded/temporal';

const folder = mkdtempSync(join(tmpdir(), 'flywheel-embedded-'));
chmodSync(folder, 0o711); // as root, Postgres runs as another user, who must pass
const running: { stop: () => Promise<void> }[] = [];
const holders: ChildProcess[] = [];

async function postgres(port?: number): Promise<Postgres> {
  const server = await startPostgres({ dir: join(folder, 'postgres'), ...(port !== undefined && { port }) });
  running.push(server);
  return server;
}

async function temporal(): Promise<Temporal> {
  const server = await startTemporal({
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'logs', 'temporal.log'),
    port: await freePort(),
    uiPort: await freePort(),
  });
  running.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function withConnection<T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** A process of its own that holds both parts, and their process numbers. */
async function startHolder(): Promise<{ holder: ChildProcess; pids: number[] }> {
  const support = join(__dirname, '..', 'support', 'typescript.cjs');
  const holder = spawn(process.execPath, ['-r', support, join(__dirname, 'embedded-holder.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(holder);
  const ended = once(holder, 'exit').then(() => Promise.reject(new Error('the holder ended early')));
  const line = once(createInterface({ input: holder.stdout }), 'line') as Promise<[string]>;
  const [text] = await Promise.race([line, ended]);
  return { holder, pids: Object.values(JSON.parse(text) as Record<string, number>) };
}

const allGone = (pids: readonly number[]) => () => pids.every((pid) => processCommand(pid) === null);

/** Numbers of the lifelines that watch servers in our folder. */
function lifelines(pids: readonly number[]): number[] {
  return pids.map((pid) => Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
}

afterEach(async () => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('embedded Postgres', () => {
  it('keeps rows from start to start, under a password that only its owner can read', async () => {
    const first = await postgres();
    await query(first.url, 'create table kept (n int)');
    await query(first.url, 'insert into kept values (7)');
    expect(statSync(join(folder, 'postgres', 'password')).mode & 0o077).toBe(0);
    await expect(query(first.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    await first.stop();
    expect(processCommand(first.pid)).toBeNull();

    const second = await postgres();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
    expect(await query(second.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  });

  it('refuses a folder that a living process holds, and a port that is in use, each in one sentence', async () => {
    const { port } = await postgres();
    await expect(postgres()).rejects.toThrow(`Postgres runs already, held by process ${process.pid}`);
    await expect(startPostgres({ dir: join(folder, 'other'), port })).rejects.toThrow(
      `port ${port} on 127.0.0.1 is in use`,
    );
  });
});

const asRoot = process.getuid?.() === 0 ? it : it.skip;
asRoot(
  'embedded Postgres as root keeps its data outside a folder that its user cannot enter, and says so',
  async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const location = join(closed, 'postgres', 'location');
    const notices: string[] = [];
    const notice = (line: string) => notices.push(line);
    try {
      const first = await startPostgres({ dir: join(closed, 'postgres'), notice });
      running.push(first);
      await query(first.url, 'create table kept as select 7 as n');
      await first.stop();
      const outside = readFileSync(location, 'utf8').trim();
      expect(notices).toEqual([expect.stringContaining(`its data is kept in ${outside}`)]);

      const second = await startPostgres({ dir: join(closed, 'postgres'), notice });
      running.push(second);
      expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
      expect(notices).toHaveLength(1);
      await second.stop();
    } finally {
      if (existsSync(location)) rmSync(readFileSync(location, 'utf8').trim(), { recursive: true, force: true });
    }
  },
);

describe('embedded Temporal', () => {
  it('has a fit namespace, keeps it, and ensureNamespace mends what is missing', async () => {
    const first = await temporal();
    await withConnection(first.address, async (connection) => {
      const { config } = await connection.workflowService.describeNamespace({ namespace: first.namespace });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(720 * 3600);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: first.namespace,
      });
      expect(Object.keys(customAttributes)).toEqual(
        expect.arrayContaining(['FlywheelRound', 'FlywheelStage', 'FlywheelModel', 'FlywheelRating', 'NeedsAttention']),
      );
      await connection.operatorService.removeSearchAttributes({
        namespace: first.namespace,
        searchAttributes: ['FlywheelRating'],
      });
      await ensureNamespace(connection, first.namespace);
      const mended = await connection.operatorService.listSearchAttributes({ namespace: first.namespace });
      expect(mended.customAttributes).toHaveProperty('FlywheelRating');
      await expect(ensureNamespace(connection, 'nowhere')).rejects.toThrow(
        'temporal operator namespace create -n nowhere',
      );
    });
    expect((await fetch(first.uiUrl)).status).toBe(200);
    await first.stop();
    expect(processCommand(first.pid)).toBeNull();

    const second = await temporal();
    await withConnection(second.address, async (connection) => {
      const { config } = await connection.workflowService.describeNamespace({ namespace: second.namespace });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(720 * 3600);
    });
  });
});

describe('a killed holder', () => {
  it('leaves no process behind, and the next start goes on', async () => {
    const { holder, pids } = await startHolder();
    const watching = lifelines(pids);
    expect(pids.every((pid) => processCommand(pid) !== null)).toBe(true);
    holder.kill('SIGKILL');
    expect(await waitUntil(allGone([...pids, ...watching]), 60)).toBe(true);
    const server = await postgres();
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is recovered from even when the lifelines were killed with it', async () => {
    const { holder, pids } = await startHolder();
    for (const pid of lifelines(pids)) process.kill(pid, 'SIGKILL');
    holder.kill('SIGKILL');
    const server = await postgres();
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await temporal();
    expect(allGone(pids)()).toBe(true);
  });
});
