import type { Pool, PoolClient } from 'pg';

export type Db = Pool | PoolClient;

/** Columns of a bulk insert with their Postgres types, in order. */
export type Columns<Row> = readonly (readonly [keyof Row & string, string])[];

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Inserts any number of rows with one statement (`unnest` of one array per column). Rows whose key exists are left as they
 * are, or with `refuse` fail the statement. Objects of jsonb columns are passed as JSON text. Returns how many were inserted.
 */
export async function bulkInsert<Row extends object>(
  db: Db,
  table: string,
  columns: Columns<Row>,
  rows: readonly Row[],
  onConflict: 'skip' | 'refuse' = 'skip',
): Promise<number> {
  if (rows.length === 0) return 0;
  const names = columns.map(([name]) => snake(name)).join(', ');
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type === 'jsonb' ? 'text' : type}[]`).join(', ');
  const picked = columns.map(([name, type]) => (type === 'jsonb' ? `${snake(name)}::jsonb` : snake(name))).join(', ');
  const { rowCount } = await db.query({
    name: `bulk-${table}-${onConflict}`,
    text: `insert into ${table} (${names}) select ${picked} from unnest(${arrays}) as row(${names})${onConflict === 'skip' ? ' on conflict do nothing' : ''}`,
    values: columns.map(([name, type]) => rows.map((row) => storable(row[name], type))),
  });
  return rowCount ?? 0;
}

/** A text as Postgres can hold it: it knows no NUL, and a lone surrogate is no UTF-8; both come from broken model output. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

function storable(value: unknown, type: string): unknown {
  if (type === 'jsonb') return JSON.stringify(value);
  return typeof value === 'string' ? storableText(value) : (value ?? null);
}
