/** Who holds a resource group now, and what runs there: whoever comes after a holder that died ends that first. */
export const name = '0019-group-leases';

export const sql = `
create table group_leases (
  name text primary key,
  holder text not null,
  host text not null,
  pid integer not null,
  process_start text not null,
  until timestamptz not null,
  wanted timestamptz,
  running jsonb not null default '[]'
)`;
