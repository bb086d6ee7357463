/** `DATABASE_URL POOL FILE`: imports the file, telling on stdout how many rows are stored after each batch. */
import { Pool } from 'pg';
import { importIntoPool } from '../../src/prompts/import/import-pool';

async function main([databaseUrl = '', pool = '', file = '']: string[]): Promise<void> {
  const db = new Pool({ connectionString: databaseUrl, max: 1 });
  await importIntoPool(db, pool, [file], { onProgress: ({ rows }) => process.stdout.write(`${rows}\n`) });
  await db.end();
}

void main(process.argv.slice(2));
