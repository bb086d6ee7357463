import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../src/embedded/paths';

export interface Query {
  title: string;
  query: string;
}

const read = (...path: string[]) => readFileSync(join(repositoryRoot(), 'deploy', ...path), 'utf8');

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

/** The queries of the Grafana dashboard, with Grafana's own variables replaced as it would. */
export function dashboardQueries(): Query[] {
  const { panels } = JSON.parse(read('grafana', 'dashboards', 'flywheel.json')) as { panels: Panel[] };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, query: expr.replaceAll('$__rate_interval', '1m').replaceAll('$run', '.*') })),
  );
}

/** The conditions of the alert rules. */
export function alertQueries(): Query[] {
  const { groups } = parse(read('prometheus', 'alerts.yml')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ title: alert, query: expr })));
}

/** Names of series in a query: every metric of ours, of Temporal and of Node has a prefix. */
export const metricsIn = (query: string): string[] => query.match(/\b(?:flywheel|temporal|process|nodejs)_\w+/g) ?? [];
