import { homePaths } from '../../src/embedded/paths';
import { startWorker } from '../../src/worker';

/** A worker as a process of its own, so that a test can kill it: `node -r …/typescript.cjs worker-process.ts SETTINGS`. */
async function main(): Promise<void> {
  const { home, ...settings } = JSON.parse(process.argv[2] ?? '') as {
    home: string;
    databaseUrl: string;
    temporalAddress: string;
    sandbox: string;
  };
  const worker = await startWorker({ ...settings, paths: homePaths(home) });
  process.once('SIGTERM', () => void worker.stop());
  process.stdout.write('polling\n');
  await worker.ended;
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
