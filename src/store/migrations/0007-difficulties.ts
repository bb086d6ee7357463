/** How difficult a judge finds a prompt, as it said it; each is paid for once. */
export const name = '0007-difficulties';

export const sql = `
create table difficulties (
  judge text not null,
  prompt text not null references prompts,
  text text not null,
  difficulty real,
  prompt_tokens int not null,
  completion_tokens int not null,
  created_at timestamptz not null default now(),
  primary key (judge, prompt)
)`;
