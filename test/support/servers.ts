import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { homePaths, type HomePaths } from '../../src/embedded/paths';
import { startPostgres, type Postgres } from '../../src/embedded/postgres';
import { startTemporal, type Temporal, type TemporalOptions } from '../../src/embedded/temporal';
import { temporaryFolder } from '../../src/embedded/temporary-folder';

/** A real Postgres and a real Temporal server with a folder for artifacts, and connections to both. */
export interface TestServers {
  paths: HomePaths;
  databaseUrl: string;
  temporalAddress: string;
  client: Client;
  pool: Pool;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** Of the Temporal server, as `startTemporal` takes them. */
  dynamicConfig?: TemporalOptions['dynamicConfig'];
}

export async function testServers(name: string, { dynamicConfig }: TestServerOptions = {}): Promise<TestServers> {
  const folder = temporaryFolder(name);
  const paths = homePaths(folder);
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const one of started.splice(0).reverse()) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const postgres: Postgres = await startPostgres({ dir: paths.postgres });
    started.push(postgres);
    const temporal: Temporal = await startTemporal({
      dbFile: paths.temporalDb,
      logFile: join(paths.logs, 'temporal.log'),
      port: 0,
      uiPort: 0,
      ...(dynamicConfig && { dynamicConfig }),
    });
    started.push(temporal);
    const connection = await Connection.connect({ address: temporal.address });
    started.push({ stop: () => connection.close() });
    const pool = new Pool({ connectionString: postgres.url, max: 2 });
    pool.on('error', () => undefined);
    started.push({ stop: () => pool.end() });
    return {
      paths,
      databaseUrl: postgres.url,
      temporalAddress: temporal.address,
      client: new Client({ connection }),
      pool,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
