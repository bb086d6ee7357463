import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { progressQuery } from '../../workflows/messages';
import type { Progress } from '../../workflows/types';
import { repositoryRoot } from '../../src/embedded/paths';
import { scriptedConfig, scriptedFiles, scriptedPython } from '../support/scripted';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/**
 * Two machines, as far as one machine can be two: network namespaces with a host name and a home each. They share a Postgres and a
 * Temporal server, which each reaches by an address of its own, and one artifacts folder.
 */
const HOSTS = ['fw-one', 'fw-two'] as const;
type Host = (typeof HOSTS)[number];

/** Addresses of the servers' side and of the host's side of each wire. */
const wire = (host: Host) => {
  const network = `10.213.${HOSTS.indexOf(host) + 1}`;
  return { here: `${network}.1`, there: `${network}.2`, outer: `${host}-o`, inner: `${host}-i` };
};

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** Whether this machine lets us make namespaces. */
function mayMake(): boolean {
  try {
    ip('netns', 'add', 'fw-probe');
    ip('netns', 'del', 'fw-probe');
    return true;
  } catch {
    return false;
  }
}

const possible = mayMake();
if (!possible) process.stderr.write('skipped: network namespaces need root on Linux, and the program ip\n');
const when = possible ? describe : describe.skip;

jest.setTimeout(300_000);

when('two hosts with one Postgres, one Temporal server and one artifacts folder', () => {
  let servers: TestServers;
  let shared: string;
  let configFile: string;
  const forwarders: Server[] = [];
  const processes: ChildProcess[] = [];
  const environments = new Map<Host, NodeJS.ProcessEnv>();

  beforeAll(async () => {
    servers = await testServers('namespaces');
    const { home } = servers.paths;
    shared = join(home, 'shared');
    const config = scriptedConfig(scriptedFiles(home));
    configFile = join(home, 'config.json');
    writeFileSync(
      configFile,
      JSON.stringify({ ...config, rounds: 2, heartbeat: { batchSeconds: 3, trainingSeconds: 3 } }),
    );
    const python = scriptedPython(home);
    const database = new URL(servers.databaseUrl);
    const temporalPort = Number(servers.temporalAddress.split(':').at(-1));
    for (const host of HOSTS) {
      const { here, there, outer, inner } = wire(host);
      ip('netns', 'add', host);
      ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', host);
      ip('addr', 'add', `${here}/24`, 'dev', outer);
      ip('link', 'set', outer, 'up');
      ip('netns', 'exec', host, 'ip', 'addr', 'add', `${there}/24`, 'dev', inner);
      for (const device of [inner, 'lo']) ip('netns', 'exec', host, 'ip', 'link', 'set', device, 'up');
      for (const port of [Number(database.port), temporalPort]) forwarders.push(await forward(here, port));
      const own = join(home, host);
      mkdirSync(own);
      environments.set(host, {
        ...process.env,
        FLYWHEEL_HOME: own,
        FLYWHEEL_ARTIFACTS: shared,
        FLYWHEEL_PYTHON: python,
        FLYWHEEL_DATABASE_URL: servers.databaseUrl.replace(database.host, `${here}:${database.port}`),
        TEMPORAL_ADDRESS: `${here}:${temporalPort}`,
      });
    }
  });

  afterAll(async () => {
    for (const one of processes) if (one.exitCode === null && one.signalCode === null) one.kill('SIGKILL');
    for (const server of forwarders) server.close();
    for (const host of HOSTS) {
      // With the namespace its wire goes.
      ip('netns', 'del', host);
    }
    await servers?.stop();
  });

  /** A listener on an address of a wire that hands on to the same port of the loopback interface. */
  async function forward(address: string, port: number): Promise<Server> {
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    });
    server.listen(port, address);
    await once(server, 'listening');
    return server;
  }

  /** `npx flywheel …` on a host. */
  function flywheel(host: Host, args: readonly string[], logFile: string): ChildProcess {
    const out = openSync(logFile, 'a');
    const script = `hostname ${host} && exec "$@"`;
    const command = [process.execPath, join(repositoryRoot(), 'bin', 'flywheel.js'), ...args];
    const child = spawn('ip', ['netns', 'exec', host, 'unshare', '--uts', 'sh', '-c', script, 'sh', ...command], {
      cwd: repositoryRoot(),
      stdio: ['ignore', out, out],
      env: environments.get(host),
    });
    closeSync(out);
    processes.push(child);
    return child;
  }

  async function work(host: Host): Promise<ChildProcess> {
    const logFile = join(servers.paths.home, `${host}.log`);
    const worker = flywheel(host, ['worker', '--json'], logFile);
    const text = () => Promise.resolve(readFileSync(logFile, 'utf8'));
    await until(text, (log) => log.includes('taskQueues') || worker.exitCode !== null);
    return worker;
  }

  it('finish a run that one of them starts, though one is killed on the way', async () => {
    const one = await work('fw-one');
    await work('fw-two');
    const { rows } = await servers.pool.query<{ host: string; roots: number }>(
      'select host, (select count(distinct artifacts_id)::int from workers) as roots from workers order by host',
    );
    expect(rows).toEqual(HOSTS.map((host) => ({ host, roots: 1 })));

    const log = join(servers.paths.home, 'run.log');
    const [code] = (await once(flywheel('fw-one', ['run', configFile, '--id', 'both', '--detach'], log), 'exit')) as [
      number,
    ];
    expect(`${code} ${readFileSync(log, 'utf8')}`).toContain('0 ');
    const handle = servers.client.workflow.getHandle('both');
    await until(
      () => handle.query<Progress>(progressQuery),
      ({ steps }) => steps.some(({ label }) => label === 'r1-sft-a1'),
    );
    one.kill('SIGKILL');
    await once(one, 'exit');
    const result = (await handle.result()) as { rounds: number };
    expect(result.rounds).toBe(2);

    const { rows: calls } = await servers.pool.query<{ stored: number; paid: number }>(
      `select (select count(*) from answers)::int + (select count(*) from games)::int as stored,
              (select count(*) from ledger where error is null and purpose <> 'canary')::int as paid`,
    );
    // What was in flight at the kill may be asked again, nothing else.
    expect(calls[0]?.paid).toBeGreaterThanOrEqual(calls[0]?.stored ?? 0);
    expect((calls[0]?.paid ?? 0) - (calls[0]?.stored ?? 0)).toBeLessThanOrEqual(60);
    const history = await handle.fetchHistory();
    const workedOn = new Set(
      (history.events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) =>
        started?.identity ? [started.identity.split('@').at(-1)] : [],
      ),
    );
    expect([...workedOn]).toContain('fw-two');
  });
});
