import { Pool } from 'pg';
import { loadEmbeddings, saveEmbeddings } from '../../src/store/embeddings';
import { migrate } from '../../src/store/migrate';

/** An address of a server with pgvector, where a database of the test's own may be made; without it this is skipped, and import.test.ts tests `real[]` alone. */
const withPgvector = process.env['FLYWHEEL_TEST_PGVECTOR_URL'];
const vectors = [
  { id: 'east', vector: Float32Array.of(1, 0, 0.1) },
  { id: 'north', vector: Float32Array.of(0, 1, -1e-30) },
];

const typeOf = async (db: Pool) =>
  (
    await db.query<{ type: string }>(
      "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'embeddings'::regclass and attname = 'vector'",
    )
  ).rows[0]?.type;

async function roundTrip(db: Pool): Promise<void> {
  await saveEmbeddings(db, 'm', vectors);
  expect(await loadEmbeddings(db, 'm', ['east', 'north', 'none'])).toEqual(
    new Map(vectors.map(({ id, vector }) => [id, vector])),
  );
}

(withPgvector === undefined ? it.skip : it)(
  'keeps embeddings as vector where the server has pgvector, those of before too, and an index finds neighbours (needs FLYWHEEL_TEST_PGVECTOR_URL)',
  async () => {
    const name = `flywheel_pgvector_${process.pid}`;
    const admin = new Pool({ connectionString: withPgvector, max: 1 });
    await admin.query(`create database ${name}`);
    const url = new URL(withPgvector ?? '');
    url.pathname = `/${name}`;
    const db = new Pool({ connectionString: url.href });
    try {
      await migrate(db);
      expect(await typeOf(db)).toBe('vector');
      await roundTrip(db);

      // A database from before the extension.
      await db.query('alter table embeddings alter column vector type real[] using vector::real[]');
      await db.query('drop extension vector');
      await migrate(db);
      expect(await typeOf(db)).toBe('vector');
      await roundTrip(db);
      await db.query(
        "create index on embeddings using hnsw ((vector::vector(3)) vector_cosine_ops) where embedder = 'm'",
      );
      const { rows } = await db.query<{ id: string }>(
        "select text_hash as id from embeddings where embedder = 'm' order by vector::vector(3) <=> '[0.9, 0.1, 0]' limit 1",
      );
      expect(rows).toEqual([{ id: 'east' }]);

      // Another length beside it is another model's.
      await saveEmbeddings(db, 'n', [{ id: 'east', vector: Float32Array.of(1, 2) }]);
      expect((await loadEmbeddings(db, 'n', ['east'])).get('east')).toEqual(Float32Array.of(1, 2));
    } finally {
      await db.end();
      await admin.query(`drop database ${name}`);
      await admin.end();
    }
  },
);
