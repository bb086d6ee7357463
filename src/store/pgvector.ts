import type { PoolClient } from 'pg';

/** Postgres' word for what the role may not do. */
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Stores embeddings as pgvector's `vector` where the server has it, so that they can be indexed and asked for their neighbours in SQL;
 * elsewhere they stay `real[]`, and become vectors at the first start after an administrator's `create extension vector`.
 * Cheap when there is nothing to do.
 */
export async function preferPgvector(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ type: string; available: boolean; installed: boolean }>(
    `select format_type(atttypid, atttypmod) as type,
            exists (select from pg_available_extensions where name = 'vector') as available,
            exists (select from pg_extension where extname = 'vector') as installed
       from pg_attribute where attrelid = 'embeddings'::regclass and attname = 'vector'`,
  );
  const [column] = rows;
  if (!column?.available || column.type !== 'real[]') return;
  if (!column.installed && !(await createExtension(client))) return;
  await client.query('alter table embeddings alter column vector type vector using vector::vector');
}

async function createExtension(client: PoolClient): Promise<boolean> {
  try {
    await client.query('create extension if not exists vector');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return false;
    throw error;
  }
}
