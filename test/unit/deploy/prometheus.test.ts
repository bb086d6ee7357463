import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../../src/embedded/paths';
import { createMeters } from '../../../src/observe/metrics/meters';
import { alertQueries, dashboardQueries, metricsIn } from '../../support/queries';
import { promtool } from '../../support/promtool';

const folder = join(repositoryRoot(), 'deploy', 'prometheus');

/** Labels of each series that a metric of ours has, by the series' name. */
async function seriesOfOurs(): Promise<Map<string, string[]>> {
  const { register } = createMeters();
  const known = new Map<string, string[]>();
  for (const { name, type } of await register.getMetricsAsJSON()) {
    const { labelNames } = register.getSingleMetric(name) as unknown as { labelNames: string[] };
    if (String(type) !== 'histogram') known.set(name, labelNames);
    else for (const end of ['_bucket', '_sum', '_count']) known.set(`${name}${end}`, [...labelNames, 'le']);
  }
  return known;
}

/** Set by Prometheus on every series. */
const OF_TARGETS = ['job', 'instance'];

describe.each([
  ['the dashboard', dashboardQueries()],
  ['the alert rules', alertQueries()],
])('%s', (_, queries) => {
  it('has queries', () => expect(queries.length).toBeGreaterThan(5));

  it('names only metrics and labels that the code registers', async () => {
    const known = await seriesOfOurs();
    for (const { title, query } of queries) {
      const ours = metricsIn(query).filter((name) => name.startsWith('flywheel_'));
      expect({ title, unknown: ours.filter((name) => !known.has(name)) }).toEqual({ title, unknown: [] });
      if (metricsIn(query).length > ours.length || ours.length === 0) continue;
      const labels = new Set([...ours.flatMap((name) => known.get(name) ?? []), ...OF_TARGETS]);
      const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/\s*,\s*/));
      const matched = [...query.matchAll(/[{,]\s*(\w+)\s*[=!]~?"/g)].map(([, name = '']) => name);
      expect({ title, unknown: [...grouped, ...matched].filter((name) => !labels.has(name)) }).toEqual({
        title,
        unknown: [],
      });
    }
  });
});

it('shows every metric of ours on the dashboard', async () => {
  const shown = new Set(dashboardQueries().flatMap(({ query }) => metricsIn(query)));
  const missing = [...(await seriesOfOurs()).keys()].filter((name) => !shown.has(name) && !/_(sum|count)$/.test(name));
  expect(missing).toEqual([]);
});

const check = promtool ? describe : describe.skip;
check(`promtool${promtool ? '' : ' (not installed: Debian’s package prometheus has it)'}`, () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool ?? '', args, { encoding: 'utf8', cwd: folder });
    return { status, output: `${stdout}${stderr}` };
  };

  it('accepts the alert rules', () => {
    expect(run('check', 'rules', 'alerts.yml')).toMatchObject({ status: 0 });
  });

  it('finds that they fire when they should', () => {
    expect(run('test', 'rules', 'alerts.test.yml')).toMatchObject({ status: 0 });
  });

  it("accepts Prometheus' configuration", () => {
    expect(run('check', 'config', '--syntax-only', 'prometheus.yml')).toMatchObject({ status: 0 });
  });

  it("accepts the dashboard's queries", () => {
    const temporary = mkdtempSync(join(tmpdir(), 'flywheel-queries-'));
    const rules = dashboardQueries().map(({ query }, index) => ({ record: `query:${index}`, expr: query }));
    const file = join(temporary, 'queries.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }));
    const { status, output } = run('check', 'rules', file);
    rmSync(temporary, { recursive: true });
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringContaining(`${rules.length} rules found`) as unknown,
    });
  });

  it('would refuse a rule that is wrong', () => {
    const temporary = mkdtempSync(join(tmpdir(), 'flywheel-queries-'));
    const wrong = readFileSync(join(folder, 'alerts.yml'), 'utf8').replace('max by (run)', 'max by run)');
    writeFileSync(join(temporary, 'alerts.yml'), wrong);
    const { status } = run('check', 'rules', join(temporary, 'alerts.yml'));
    rmSync(temporary, { recursive: true });
    expect(status).not.toBe(0);
  });
});
