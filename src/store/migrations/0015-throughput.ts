/**
 * What a million games cost. Measured (bench/arena, docs/scaling.md): foreign keys were half of the database's CPU for a game and for a
 * planned battle, and each of them locks the one row of the judge or player that all workers' games name; the activities read
 * these rows before they write, and nothing is ever deleted. The unique key over an arena's prompts and players was a third of a battle's
 * bytes, and nothing read by it: planning is guarded by its arena's row. Battles are written twice, planned and decided: with room in their pages the
 * second writing touches no index.
 */
export const name = '0015-throughput';

export const sql = `
alter table games drop constraint games_judge_fkey, drop constraint games_prompt_fkey;
alter table answers drop constraint answers_player_fkey, drop constraint answers_prompt_fkey;
alter table battles
  drop constraint battles_prompt_fkey, drop constraint battles_player_a_fkey, drop constraint battles_player_b_fkey,
  drop constraint battles_arena_prompt_player_a_player_b_key;
alter table battles set (fillfactor = 60);
-- Tokens of a prompt that the endpoint had in its prefix cache, where it says so.
alter table ledger add column cached_tokens int;
`;
