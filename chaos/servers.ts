import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { startPostgres, type Postgres } from '../src/embedded/postgres';
import { startTemporal, type Temporal, type TemporalOptions } from '../src/embedded/temporal';

/** A real Postgres and a real Temporal server that can be killed and started again at the same addresses. */
export interface Servers {
  postgres(): Postgres;
  temporal(): Temporal;
  client: Client;
  /** A new, empty database. Its URL. */
  database(name: string): Promise<string>;
  startPostgres(): Promise<void>;
  /** @param keep false: with an empty database, as after the loss of its file. */
  startTemporal(options?: { keep: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** @param dynamicConfig of the Temporal server, as `startTemporal` takes it. */
export async function startServers(
  folder: string,
  { dynamicConfig = {} }: Pick<TemporalOptions, 'dynamicConfig'> = {},
): Promise<Servers> {
  mkdirSync(folder, { recursive: true });
  const dbFile = join(folder, 'temporal.db');
  const upPostgres = () => startPostgres({ dir: join(folder, 'postgres') });
  const upTemporal = ({ port, uiPort }: Pick<Temporal, 'port' | 'uiPort'> = { port: 0, uiPort: 0 }) =>
    startTemporal({ dbFile, logFile: join(folder, 'temporal.log'), port, uiPort, dynamicConfig });
  const forgetRuns = () => {
    for (const end of ['', '-shm', '-wal']) rmSync(`${dbFile}${end}`, { force: true });
  };
  // A chaos that was killed leaves its last run behind.
  forgetRuns();
  let postgres = await upPostgres();
  let temporal = await upTemporal();
  const connection = await Connection.connect({ address: temporal.address });
  // Embedded servers do not keep a process alive, and waiting for the end of one is at times all that there is to do.
  const alive = setInterval(() => undefined, 60_000);
  return {
    postgres: () => postgres,
    temporal: () => temporal,
    client: new Client({ connection }),
    async database(name) {
      const pool = new Pool({ connectionString: postgres.url, max: 1 });
      try {
        await pool.query(`drop database if exists "${name}" with (force)`);
        await pool.query(`create database "${name}"`);
      } finally {
        await pool.end();
      }
      return Object.assign(new URL(postgres.url), { pathname: `/${name}` }).toString();
    },
    async startPostgres() {
      await postgres.ended;
      postgres = await upPostgres();
    },
    async startTemporal({ keep } = { keep: true }) {
      await temporal.ended;
      if (!keep) forgetRuns();
      temporal = await upTemporal(temporal);
    },
    async stop() {
      await connection.close();
      await temporal.stop();
      await postgres.stop();
      clearInterval(alive);
    },
  };
}
