import type { Pool } from 'pg';

/**
 * Stored vectors of texts, by the id of each text. They are pgvector's `vector` where the server has it, else `real[]`; each is cast to
 * the other, so that the statements are the same.
 */
export async function loadEmbeddings(
  db: Pool,
  embedder: string,
  ids: readonly string[],
): Promise<Map<string, Float32Array>> {
  const { rows } = await db.query<{ id: string; bytes: Buffer }>({
    name: 'load-embeddings',
    // In Postgres' binary form: numbers as text would take most of the time.
    text: 'select text_hash as id, array_send(vector::real[]) as bytes from embeddings where embedder = $1 and text_hash = any($2)',
    values: [embedder, ids],
  });
  return new Map(rows.map(({ id, bytes }) => [id, floatsOf(bytes)]));
}

/** Stores vectors; those that are there stay. */
export async function saveEmbeddings(
  db: Pool,
  embedder: string,
  rows: readonly { id: string; vector: Float32Array }[],
): Promise<void> {
  await db.query({
    name: 'save-embeddings',
    text: `insert into embeddings (embedder, text_hash, vector)
           select $1, row.id, row.vector::real[] from unnest($2::text[], $3::text[]) as row(id, vector) on conflict do nothing`,
    values: [embedder, rows.map(({ id }) => id), rows.map(({ vector }) => `{${vector.join(',')}}`)],
  });
}

/** The header of an array of one dimension: dimensions, nulls, type, length, lower bound; 4 bytes each. */
const HEADER = 20;

/** Each number is 4 bytes that say its length, and the number itself, most significant byte first. */
function floatsOf(bytes: Buffer): Float32Array {
  const vector = new Float32Array(bytes.readInt32BE(12));
  for (let at = 0; at < vector.length; at++) vector[at] = bytes.readFloatBE(HEADER + 8 * at + 4);
  return vector;
}
