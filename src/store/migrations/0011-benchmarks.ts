/** What the user's own benchmark commands found, once for each model: evaluation.commands. */
export const name = '0011-benchmarks';

export const sql = `
create table benchmarks (
  checkpoint text not null references checkpoints,
  command text not null,
  result jsonb not null,
  metrics jsonb not null,
  seconds real not null,
  created_at timestamptz not null default now(),
  primary key (checkpoint, command)
)`;
