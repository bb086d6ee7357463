import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load';
import { startDashboard } from '../../dashboard/server';
import { prepareDemo } from '../../demo/prepare';
import { homePaths } from '../../embedded/paths';
import { addDashboard } from '../../embedded/up-file';
import { metricsSettings } from '../../observe/metrics/start';
import { startWorker } from '../../worker';
import { withDatabase, withoutPassword } from '../connect';
import { describedCommand, JSON_OPTION, METRICS_OPTION, port } from '../options';
import { colours, note, say, sayJson } from '../output';
import { startForm, startParts, type Parts } from '../parts';
import { stopSignal } from '../stop-signal';

interface Options {
  config?: string;
  json?: boolean;
  metrics?: string | true;
  port?: number;
  uiPort?: number;
}

/** The run that `{}` starts where no configuration was named: the demo's usual one. */
const DEMO = { seed: 0, rounds: 2 };

export function upCommand(): Command {
  return describedCommand(
    'up',
    'Start Postgres, Temporal, a worker and the dashboard, and keep them until Ctrl-C. Parts whose address stands in FLYWHEEL_DATABASE_URL or TEMPORAL_ADDRESS are used, not started.',
    'up',
    'up --config my-run.yaml',
  )
    .option('--config <file>', "the configuration that the UI's empty form {} runs (default: the demo's)")
    .option('--port <port>', 'port of the Temporal server (default: 7233, or any free one)', port)
    .option('--ui-port <port>', 'port of its web UI (default: 8233, or any free one)', port)
    .option(...METRICS_OPTION)
    .option(...JSON_OPTION)
    .action(up);
}

async function up({ config: file, json = false, metrics, ...ports }: Options): Promise<void> {
  // A mistake in the configuration is told before anything starts.
  const given = await defaultsFrom(file);
  const { stopped, signal, release } = stopSignal();
  const paths = homePaths();
  const tell = json ? note : say;
  const parts = await startParts({ say: tell, paths, ...ports });
  try {
    const defaults = given ?? {
      folder: paths.home,
      // Only when somebody starts a run with {}: its base model is trained first, which takes a minute or two.
      config: async () => (await withDatabase(parts, (db) => prepareDemo({ ...DEMO, paths, db, say: note }))).config,
    };
    const worker = await startWorker({ ...parts, paths, defaults, metrics: metricsSettings(metrics) });
    const { artifacts, artifactsS3 } = paths;
    const dashboard = await startDashboard({ ...parts, artifacts, artifactsS3 }).catch(async (error: unknown) => {
      await worker.stop();
      throw error;
    });
    try {
      addDashboard(dashboard.url, paths.upFile);
      const urls = { dashboard: dashboard.url, metrics: worker.metricsUrl };
      if (json) sayJson(addressesOf(parts, urls));
      else announce(parts, urls);
      await Promise.race([stopped, parts.lost, worker.ended]);
      if (signal.aborted) tell('Stopping the worker, then the servers (Ctrl-C again: at once)');
    } finally {
      await dashboard.close();
      await worker.stop();
    }
  } finally {
    await parts.stop();
    release();
  }
}

/** A configuration file as a worker's default. */
export async function defaultsFrom(file: string | undefined): Promise<{ config: unknown; folder: string } | null> {
  return file === undefined ? null : { config: await loadConfig(file), folder: dirname(resolve(file)) };
}

interface Urls {
  dashboard: string;
  metrics: string | null;
}

function addressesOf({ databaseUrl, temporalAddress, namespace, uiUrl }: Parts, urls: Urls) {
  const database = withoutPassword(databaseUrl);
  return { ...urls, uiUrl, startForm: uiUrl && startForm(uiUrl, namespace), temporalAddress, namespace, database };
}

function announce({ databaseUrl, temporalAddress, namespace, uiUrl }: Parts, { dashboard, metrics }: Urls): void {
  const { bold, dim } = colours();
  say(`\n${bold('Arena Flywheel is up.')}\n`);
  say(`Dashboard     ${dashboard}`);
  if (uiUrl !== null) {
    say(`Temporal UI   ${uiUrl}`);
    say(`Start a run   ${startForm(uiUrl, namespace)}`);
    say(dim('              {} runs the default configuration; or in another terminal: npx flywheel run CONFIG'));
  }
  if (metrics !== null) say(`Metrics       ${metrics}`);
  say(`Temporal      ${temporalAddress}`);
  say(`Database      ${withoutPassword(databaseUrl)}`);
  say('\nReady. Ctrl-C stops everything.');
}
