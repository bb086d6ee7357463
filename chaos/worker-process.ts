import { homePaths } from '../src/embedded/paths';
import type { MetricsSettings } from '../src/observe/metrics/start';
import { startWorker } from '../src/worker';

/** A worker as a process of its own, so that it can be killed: `node dist/chaos/worker-process.js SETTINGS`. */
export interface WorkerProcessSettings {
  home: string;
  databaseUrl: string;
  temporalAddress: string;
  /** Who answers for `sandbox:`; absent where no configuration names it. */
  sandbox?: string;
  workflowBundle?: string;
  metrics?: MetricsSettings;
}

async function main(): Promise<void> {
  const { home, ...settings } = JSON.parse(process.argv[2] ?? '') as WorkerProcessSettings;
  const worker = await startWorker({ ...settings, paths: homePaths(home) });
  process.once('SIGTERM', () => void worker.stop());
  process.stdout.write('polling\n');
  await worker.ended;
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
