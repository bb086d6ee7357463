import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../src/embedded/paths';
import { freePort } from '../../src/embedded/ports';
import { until } from './until';

/** Prometheus itself (Debian's package `prometheus`); null where it is not installed. */
export const prometheus = spawnSync('prometheus', ['--version']).status === 0 ? 'prometheus' : null;

interface Answer {
  status: string;
  error?: string;
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/** A real Prometheus with the configuration of deploy/, whose one target is at an address; it scrapes and evaluates every second. */
export async function startPrometheus(folder: string, target: string, token: string) {
  const deploy = join(repositoryRoot(), 'deploy', 'prometheus');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'token'), token);
  const config = parse(readFileSync(join(deploy, 'prometheus.yml'), 'utf8')) as {
    global: object;
    rule_files: string[];
    scrape_configs: Record<string, unknown>[];
  };
  const scrapes = config.scrape_configs.map((scrape) => ({
    ...scrape,
    dns_sd_configs: [],
    authorization: { credentials_file: join(folder, 'token') },
    static_configs: [{ targets: [target] }],
  }));
  const adapted = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: config.rule_files.map((name) => join(deploy, name)),
    scrape_configs: scrapes,
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(adapted));
  const address = `127.0.0.1:${await freePort()}`;
  const options = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': join(folder, 'data'),
    'web.listen-address': address,
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(prometheus ?? '', flags, { stdio: 'ignore' });
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`http://${address}/api/v1/${path}`)).json()) as T;
  const query = (text: string) => get<Answer>(`query?query=${encodeURIComponent(text)}`);
  // Scrapes that came in time: on a busy machine one may not.
  await until(
    () => query('sum_over_time(up{job="flywheel"}[1m])').catch(() => null),
    (answer) => Number(answer?.data.result[0]?.value[1] ?? 0) >= 3,
  );
  return { get, query, stop: () => void child.kill('SIGKILL') };
}
