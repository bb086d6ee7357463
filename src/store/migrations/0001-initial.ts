/**
 * The tables of a flywheel. Natural keys make each paid call happen once: repeating an insert changes nothing.
 * Weights and dataset files live under the artifacts root; here stand their paths and hashes.
 */
export const name = '0001-initial';

export const sql = `
create table prompts (
  id text primary key,
  messages jsonb not null,
  category text,
  source text not null,
  original_id text
);

-- A split is frozen; a prompt has one part in it (test, gate, slice-1 ...): the key makes leaks impossible.
create table splits (
  split text not null,
  prompt text not null references prompts,
  part text not null,
  position int not null,
  primary key (split, prompt),
  unique (split, part, position)
);

create table players (
  id text primary key,
  name text not null,
  identity jsonb not null
);

create table answers (
  player text not null references players,
  prompt text not null references prompts,
  sample int not null default 0,
  text text not null,
  reasoning text,
  finish_reason text not null,
  prompt_tokens int not null,
  completion_tokens int not null,
  created_at timestamptz not null default now(),
  primary key (player, prompt, sample)
);

create table judges (
  id text primary key,
  name text not null,
  identity jsonb not null
);

-- One judge call: two answers in one order. The raw text is kept, so that a better parser pays nothing again.
create table games (
  judge text not null references judges,
  prompt text not null references prompts,
  first text not null,
  second text not null,
  text text not null,
  score_first real,
  score_second real,
  verdict text not null check (verdict in ('win', 'loss', 'tie', 'invalid')),
  finish_reason text not null,
  prompt_tokens int not null,
  completion_tokens int not null,
  created_at timestamptz not null default now(),
  primary key (judge, prompt, first, second)
);

create table runs (
  id text primary key,
  config jsonb not null,
  config_hash text not null,
  split text,
  state jsonb,
  status text not null default 'running',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table arenas (
  id text primary key,
  run text not null references runs,
  round int not null,
  stage text not null,
  attempt int not null,
  purpose text not null check (purpose in ('training', 'gate', 'evaluation')),
  judge text not null references judges,
  size int not null,
  created_at timestamptz not null default now()
);

create table battles (
  arena text not null references arenas,
  position int not null,
  prompt text not null references prompts,
  player_a text not null references players,
  player_b text not null references players,
  outcome text check (outcome in ('win', 'loss', 'tie', 'inconsistent', 'invalid', 'failed')),
  margin real,
  problem text,
  primary key (arena, position),
  unique (arena, prompt, player_a, player_b)
);

create table datasets (
  id text primary key,
  run text not null references runs,
  round int not null,
  stage text not null,
  attempt int not null,
  kind text not null,
  settings jsonb not null,
  counts jsonb not null,
  rows int not null,
  path text not null,
  sha256 text not null,
  created_at timestamptz not null default now()
);

create table checkpoints (
  id text primary key,
  run text not null references runs,
  round int not null,
  stage text not null,
  attempt int not null,
  parent text,
  dataset text,
  job text,
  path text not null,
  sha256 text not null,
  metrics jsonb not null default '{}',
  seconds real not null default 0,
  player text references players,
  status text not null default 'candidate' check (status in ('candidate', 'promoted', 'rejected', 'superseded')),
  created_at timestamptz not null default now()
);

create table gates (
  arena text primary key references arenas,
  run text not null references runs,
  round int not null,
  stage text not null,
  attempt int not null,
  candidate text not null,
  opponent text not null,
  mean real not null,
  lower real not null,
  upper real not null,
  prompts int not null,
  games int not null,
  decision text not null,
  sentence text not null,
  created_at timestamptz not null default now()
);

-- Each table as it was published; later re-fits move old rows, and both stand.
create table leaderboards (
  run text not null references runs,
  label text not null,
  judge text not null,
  round int not null,
  stage text not null,
  attempt int not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (run, label, judge)
);

-- Every HTTP attempt, failed ones too.
create table ledger (
  id bigint generated always as identity primary key,
  run text not null,
  purpose text not null,
  party text not null,
  prompt_tokens int not null,
  completion_tokens int not null,
  usd double precision not null,
  milliseconds real not null,
  error text,
  at timestamptz not null default now()
);
create index ledger_run on ledger (run);

create table events (
  id bigint generated always as identity primary key,
  run text not null references runs,
  at timestamptz not null default now(),
  kind text not null,
  sentence text not null,
  detail jsonb not null default '{}'
);
create index events_run on events (run, id);
`;
