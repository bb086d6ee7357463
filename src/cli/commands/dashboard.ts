import type { Command } from 'commander';
import { DASHBOARD_PORT, startDashboard } from '../../dashboard/server';
import { homePaths } from '../../embedded/paths';
import { findAddresses, withDatabase, withoutPassword } from '../connect';
import { describedCommand, JSON_OPTION, port } from '../options';
import { note, say, sayJson } from '../output';
import { stopSignal } from '../stop-signal';

export function dashboardCommand(): Command {
  return describedCommand(
    'dashboard',
    'Serve the dashboard alone, for a database and a Temporal server that are up (`up` serves it too). Beyond this machine it needs a token in FLYWHEEL_DASHBOARD_TOKEN.',
    'dashboard',
    'dashboard --host 0.0.0.0 --port 8080',
  )
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', `its port (default: ${DASHBOARD_PORT}, or any free one)`, port)
    .option(...JSON_OPTION)
    .action(serve);
}

interface Options {
  host: string;
  port?: number;
  json?: boolean;
}

async function serve({ host, port: wanted, json = false }: Options): Promise<void> {
  const addresses = findAddresses();
  // Says what is wrong with the database before the first page does.
  await withDatabase(addresses, (pool) => pool.query('select id from runs limit 1'));
  const { stopped, release } = stopSignal();
  const { artifacts, artifactsS3 } = homePaths();
  const dashboard = await startDashboard({
    ...{ ...addresses, artifacts, artifactsS3 },
    host,
    ...(wanted === undefined ? {} : { port: wanted }),
    onError: (error) => note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  try {
    const { temporalAddress, namespace } = addresses;
    if (json)
      sayJson({
        ...{ dashboard: dashboard.url, temporalAddress, namespace },
        database: withoutPassword(addresses.databaseUrl),
      });
    else say(`Dashboard  ${dashboard.url}  (Ctrl-C stops it)`);
    await stopped;
  } finally {
    await dashboard.close();
    release();
  }
}
