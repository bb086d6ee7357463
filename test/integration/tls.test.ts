import { chmodSync, chownSync, copyFileSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { Client, Pool } from 'pg';
import { main } from '../../src/cli/main';
import { startSandbox, type Sandbox } from '../../src/sandbox/server';
import { startWorker, type RunningWorker } from '../../src/worker';
import { hasOpenssl, makeCertificates, type Certificates } from '../support/certificates';
import { testServers, type TestServers } from '../support/servers';
import { sandboxJudge, sandboxPlayer, writePrompts } from '../support/tiny';
import { until } from '../support/until';

/**
 * Servers that one has: a Postgres that is reached by TLS with its certificate checked, and a Temporal server behind mutual TLS, as Temporal Cloud is. The
 * development server speaks no TLS itself: a proxy of a few lines ends it, which lets nobody in without a certificate.
 */
let servers: TestServers;
let sandbox: Sandbox;
let certificates: Certificates;
let proxy: Server;
let worker: RunningWorker;
let address: string;
let databaseUrl: string;
const VARIABLES = [
  ...['FLYWHEEL_DATABASE_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'],
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
];

async function encryptPostgres(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ data_directory: string }>('show data_directory');
  const folder = rows[0]?.data_directory ?? '';
  const { uid, gid } = statSync(folder);
  for (const [from, name] of [
    [certificates.server.cert, 'server.crt'],
    [certificates.server.key, 'server.key'],
  ] as const) {
    copyFileSync(from, join(folder, name));
    chownSync(join(folder, name), uid, gid);
    chmodSync(join(folder, name), 0o600);
  }
  await pool.query('alter system set ssl = on');
  await pool.query('select pg_reload_conf()');
  // The server is told by a signal, and takes its time.
  await until(takesTls, Boolean);
}

/** Whether Postgres lets a client in by TLS. */
async function takesTls(): Promise<boolean> {
  const client = new Client({ connectionString: servers.databaseUrl, ssl: { rejectUnauthorized: false } });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function startProxy(): Promise<void> {
  const { ca, server } = certificates;
  const port = Number(servers.temporalAddress.split(':')[1]);
  proxy = createServer(
    {
      ...{ cert: readFileSync(server.cert), key: readFileSync(server.key), ca: readFileSync(ca) },
      ...{ requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] },
    },
    (socket) => {
      const inside = connect(port, '127.0.0.1');
      socket.pipe(inside).pipe(socket);
      for (const end of [socket, inside]) end.on('error', () => (socket.destroy(), inside.destroy()));
    },
  );
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  address = `localhost:${(proxy.address() as { port: number }).port}`;
}

const suite = hasOpenssl ? describe : describe.skip;
suite(`servers by TLS${hasOpenssl ? '' : ' (openssl is not installed)'}`, () => {
  beforeAll(async () => {
    servers = await testServers('tls');
    certificates = makeCertificates(join(servers.paths.home, 'certificates'));
    await encryptPostgres(servers.pool);
    await startProxy();
    sandbox = await startSandbox();
    const url = new URL(servers.databaseUrl);
    url.hostname = 'localhost';
    databaseUrl = `${url.href}?sslmode=verify-full&sslrootcert=${certificates.ca}`;
    const values = [databaseUrl, address, certificates.client.cert, certificates.client.key, certificates.ca];
    VARIABLES.forEach((name, index) => (process.env[name] = values[index]));
    worker = await startWorker({ databaseUrl, temporalAddress: address, paths: servers.paths, sandbox: sandbox.url });
  });

  afterAll(async () => {
    await worker?.stop();
    for (const name of VARIABLES) delete process.env[name];
    await sandbox?.close();
    proxy?.close();
    await servers?.stop();
  });

  it('play an arena, with every connection of ours to Postgres encrypted', async () => {
    const config = {
      name: 'secure',
      competitors: [sandboxPlayer('scholar'), sandboxPlayer('poet')],
      judge: sandboxJudge('data-judge'),
      prompts: { source: [writePrompts(join(servers.paths.home, 'prompts.jsonl'), 10, 'test')] },
    };
    const start = { workflowId: 'secure', taskQueue: 'flywheel', args: [{ config }] };
    const handle = await servers.client.workflow.start('arena', start);
    const encrypted = await until(
      async () => {
        const { rows } = await servers.pool.query<{ ssl: boolean }>(
          "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'arena-flywheel'",
        );
        return rows;
      },
      (rows) => rows.length > 0,
    );
    expect(encrypted.every(({ ssl }) => ssl)).toBe(true);
    expect(await handle.result()).toMatchObject({ leaderboard: [{ player: 'scholar' }, { player: 'poet' }] });
    // A command reaches both in the same way.
    expect(await main(['status', 'secure', '--json'])).toBe(0);
  });

  it('refuse a Temporal client without a certificate, in one sentence', async () => {
    delete process.env['TEMPORAL_TLS_CLIENT_CERT_PATH'];
    delete process.env['TEMPORAL_TLS_CLIENT_KEY_PATH'];
    await expect(startWorker({ databaseUrl, temporalAddress: address, paths: servers.paths })).rejects.toThrow(
      `No Temporal server answers at ${address}`,
    );
  });

  it('refuse a Postgres whose certificate is of another authority', async () => {
    const other = makeCertificates(join(servers.paths.home, 'others'));
    const pool = new Pool({ connectionString: databaseUrl.replace(certificates.ca, other.ca) });
    await expect(pool.query('select 1')).rejects.toThrow(/certificate/);
    await pool.end();
  });
});
