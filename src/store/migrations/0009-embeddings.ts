/** Vectors of texts: what costs money or time to embed is embedded once. */
export const name = '0009-embeddings';

export const sql = `
create table embeddings (
  embedder text not null,
  text_hash text not null,
  vector real[] not null,
  created_at timestamptz not null default now(),
  primary key (embedder, text_hash)
)`;
