import type { Command } from 'commander';
import { TASK_QUEUE } from '../../task-queue';
import { startWorker } from '../../worker';
import { findAddresses, withoutPassword } from '../connect';
import { describedCommand, JSON_OPTION } from '../options';
import { note, say, sayJson } from '../output';
import { stopSignal } from '../stop-signal';
import { defaultsFrom } from './up';

export function workerCommand(): Command {
  return describedCommand(
    'worker',
    'Start a worker only, for a database and a Temporal server that are up. Any number of workers share the work.',
    'worker',
    'FLYWHEEL_DATABASE_URL=postgres://… TEMPORAL_ADDRESS=temporal:7233 npx flywheel worker --config my-run.yaml',
  )
    .option('--config <file>', "the configuration that the UI's empty form {} runs")
    .option(...JSON_OPTION)
    .action(work);
}

async function work({ config, json = false }: { config?: string; json?: boolean }): Promise<void> {
  const addresses = findAddresses();
  const defaults = await defaultsFrom(config);
  const { stopped, signal, release } = stopSignal();
  const worker = await startWorker({ ...addresses, defaults });
  try {
    const database = withoutPassword(addresses.databaseUrl);
    const { temporalAddress, namespace } = addresses;
    if (json) sayJson({ temporalAddress, namespace, taskQueue: TASK_QUEUE, database });
    else say(`The worker polls ${temporalAddress}, database ${database}. Ctrl-C stops it.`);
    await Promise.race([stopped, worker.ended]);
    if (signal.aborted) note('Stopping (Ctrl-C again: at once)');
  } finally {
    await worker.stop();
    release();
  }
}
