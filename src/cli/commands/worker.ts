import type { Command } from 'commander';
import { startWorker } from '../../worker';
import { findAddresses, withoutPassword } from '../connect';
import { describedCommand } from '../options';
import { say } from '../output';
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
    .action(work);
}

async function work({ config }: { config?: string }): Promise<void> {
  const addresses = findAddresses();
  const defaults = await defaultsFrom(config);
  const { stopped, signal, release } = stopSignal();
  const worker = await startWorker({ ...addresses, defaults });
  try {
    say(
      `The worker polls ${addresses.temporalAddress}, database ${withoutPassword(addresses.databaseUrl)}. Ctrl-C stops it.`,
    );
    await Promise.race([stopped, worker.ended]);
    if (signal.aborted) say('Stopping (Ctrl-C again: at once)');
  } finally {
    await worker.stop();
    release();
  }
}
