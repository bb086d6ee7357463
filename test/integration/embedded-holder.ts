/** Holds both embedded parts in the folder that is named, says their process numbers, and waits to be killed. */
import { join } from 'node:path';
import { startPostgres } from '../../src/embedded/postgres';
import { startTemporal } from '../../src/embedded/temporal';
import { freePort } from '../../src/embedded/ports';

async function main(folder: string): Promise<void> {
  const postgres = await startPostgres({ dir: join(folder, 'postgres') });
  const temporal = await startTemporal({
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'logs', 'temporal.log'),
    port: await freePort(),
    uiPort: await freePort(),
  });
  process.stdout.write(`${JSON.stringify({ postgres: postgres.pid, temporal: temporal.pid })}\n`);
  setInterval(() => undefined, 1000);
}

void main(process.argv[2]!);
