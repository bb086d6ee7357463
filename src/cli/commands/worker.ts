import { InvalidArgumentError, type Command } from 'commander';
import { queueOf, ROLES, type Role } from '../../../workflows/queues';
import { logSettings } from '../../observe/log';
import { metricsSettings } from '../../observe/metrics/start';
import { startWorker } from '../../worker';
import { findAddresses, withoutPassword } from '../connect';
import { describedCommand, JSON_OPTION, METRICS_OPTION, wholeNumber } from '../options';
import { note, say, sayJson } from '../output';
import { stopSignal } from '../stop-signal';
import { defaultsFrom } from './up';

export function workerCommand(): Command {
  return describedCommand(
    'worker',
    'Start a worker only, for a database and a Temporal server that are up. Any number of workers share the work, each all of it or some roles: orchestrator (workflows, notes), battles (calls to endpoints), training, host (what reads the files of a configuration, the artifacts, or starts model servers).',
    'worker',
    'FLYWHEEL_DATABASE_URL=postgres://… TEMPORAL_ADDRESS=temporal:7233 npx flywheel worker --config my-run.yaml',
    'worker --roles battles',
    'worker --roles training,host --slots 4',
  )
    .option('--config <file>', "the configuration that the UI's empty form {} runs, where this worker is a host")
    .option('--roles <list>', `some of ${ROLES.join(', ')} (default: all)`, rolesFrom)
    .option('--slots <count>', 'activities of each role at once (default: 100)', wholeNumber(1))
    .option(...METRICS_OPTION)
    .option(...JSON_OPTION)
    .action(work);
}

/** Reads roles, each once, in their usual order. */
function rolesFrom(text: string): Role[] {
  const asked = text.split(',').map((part) => part.trim());
  const unknown = asked.find((name) => !ROLES.some((role) => role === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `"${unknown}" is no role. Give some of ${ROLES.join(', ')}, for example battles,host.`,
    );
  return ROLES.filter((role) => asked.includes(role));
}

interface Options {
  config?: string;
  roles?: Role[];
  slots?: number;
  metrics?: string | true;
  json?: boolean;
}

async function work({ config, roles = [...ROLES], metrics, json = false, ...slots }: Options): Promise<void> {
  const addresses = findAddresses();
  const defaults = await defaultsFrom(config);
  const { stopped, signal, release } = stopSignal();
  const worker = await startWorker({ ...addresses, defaults, roles, ...slots, metrics: metricsSettings(metrics) });
  try {
    const database = withoutPassword(addresses.databaseUrl);
    const { temporalAddress, namespace } = addresses;
    const taskQueues = roles.map((role) => queueOf(role));
    const { metricsUrl } = worker;
    // Where the log is JSON, nothing else stands between its lines.
    const toPeople = !json && logSettings().form !== 'json';
    if (json) sayJson({ temporalAddress, namespace, roles, taskQueues, database, metrics: metricsUrl });
    if (toPeople) {
      say(`The worker (${roles.join(', ')}) polls ${temporalAddress}, database ${database}. Ctrl-C stops it.`);
      if (metricsUrl !== null) say(`Metrics: ${metricsUrl}`);
    }
    await Promise.race([stopped, worker.ended]);
    if (signal.aborted && toPeople) note('Stopping (Ctrl-C again: at once)');
  } finally {
    await worker.stop();
    release();
  }
}
