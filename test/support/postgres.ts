import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../../src/embedded/postgres';
import { temporaryFolder } from './folder';

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
