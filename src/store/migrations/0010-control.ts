/**
 * What operators do: who did it stands beside each event, whose key keeps it from being noted twice; what a rollback
 * abandoned is marked; each version of a run's configuration is kept; and the database itself keeps the sum of what a run
 * has spent, beside its cap, because every worker asks for it all the time.
 */
export const name = '0010-control';

export const sql = `
alter table events add column actor text, add column key text;
create unique index events_key on events (run, key);

alter table arenas add column superseded boolean not null default false;
alter table datasets add column superseded boolean not null default false;
alter table gates add column superseded boolean not null default false;
alter table leaderboards add column superseded boolean not null default false;

create table run_configs (
  run text not null references runs,
  version int not null,
  config jsonb not null,
  -- The settings that a rollback changed; null where the configuration was given whole.
  change jsonb,
  created_at timestamptz not null default now(),
  primary key (run, version)
);
insert into run_configs (run, version, config) select id, 1, config from runs;

create table spends (
  run text primary key,
  calls bigint not null default 0,
  failed_calls bigint not null default 0,
  tokens double precision not null default 0,
  usd double precision not null default 0,
  cap_usd double precision
);
insert into spends (run, calls, failed_calls, tokens, usd)
  select run, count(*), count(error), sum(prompt_tokens + completion_tokens), sum(usd) from ledger group by run;

create function add_to_spends() returns trigger language plpgsql as $$
begin
  insert into spends (run, calls, failed_calls, tokens, usd)
    select run, count(*), count(error), sum(prompt_tokens + completion_tokens), sum(usd) from added group by run order by run
    on conflict (run) do update set
      calls = spends.calls + excluded.calls, failed_calls = spends.failed_calls + excluded.failed_calls,
      tokens = spends.tokens + excluded.tokens, usd = spends.usd + excluded.usd;
  return null;
end $$;
create trigger ledger_spends after insert on ledger referencing new table as added
  for each statement execute function add_to_spends();
`;
