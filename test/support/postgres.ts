import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { startPostgres } from '../../src/embedded/postgres';
import { migrate } from '../../src/store/migrate';
import { temporaryFolder } from '../../src/embedded/temporary-folder';

/** A real Postgres of a test file's own, empty. */
export interface TestPostgres {
  url: string;
  stop(): Promise<void>;
}

export async function testPostgres(): Promise<TestPostgres> {
  const folder = temporaryFolder('postgres');
  const server = await startPostgres({ dir: join(folder, 'postgres') });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same with the schema, and connections to it. */
export async function testDatabase(): Promise<TestPostgres & { pool: Pool }> {
  const server = await testPostgres();
  const pool = new Pool({ connectionString: server.url });
  // `end` does not wait for the connections to close, and a server that stops first ends them with an error.
  pool.on('error', () => undefined);
  await migrate(pool);
  return {
    url: server.url,
    pool,
    async stop() {
      await pool.end();
      await server.stop();
    },
  };
}
