/** How much a battle's games count: more than 1 where adaptive matchmaking plays a settled pair on a share of the prompts. */
export const name = '0005-battle-weight';

export const sql = `alter table battles add column weight real not null default 1`;
