/** Workers that run now: which task queues each serves, and which artifacts it sees. A row that is no longer renewed is a dead worker's. */
export const name = '0018-workers';

export const sql = `
create table workers (
  id text primary key,
  namespace text not null,
  queues text[] not null,
  host text not null,
  pid integer not null,
  artifacts text not null,
  artifacts_id text,
  version text not null,
  started timestamptz not null default now(),
  seen timestamptz not null default now()
)`;
