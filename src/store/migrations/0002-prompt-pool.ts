/**
 * Pools: prompts under a name, in the order of their files and rows. A file is known by its bytes, so that importing it again,
 * under any name, changes nothing; how far its import came stands beside the rows that it wrote.
 * Cleaning deletes nothing: a row keeps its reason, or the prompt with masked text that stands for it.
 */
export const name = '0002-prompt-pool';

export const sql = `
create table pool_files (
  pool text not null,
  sha256 text not null,
  number int not null,
  name text not null,
  rows_read bigint not null default 0,
  finished boolean not null default false,
  counts jsonb not null,
  primary key (pool, sha256),
  unique (pool, number)
);

create table pool_prompts (
  pool text not null,
  prompt text not null references prompts,
  file int not null,
  line bigint not null,
  category text,
  original_id text,
  licence text,
  dropped text,
  masked text references prompts,
  primary key (pool, prompt),
  foreign key (pool, file) references pool_files (pool, number)
);

create unique index pool_prompts_order on pool_prompts (pool, file, line)`;
