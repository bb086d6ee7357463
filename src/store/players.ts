import type { Pool } from 'pg';

/** A player or judge as stored: its id is the hash of its identity; the name is what people call it. */
export interface Party {
  id: string;
  name: string;
  identity: unknown;
}

async function save(pool: Pool, table: 'players' | 'judges', { id, name, identity }: Party): Promise<void> {
  await pool.query(`insert into ${table} (id, name, identity) values ($1, $2, $3) on conflict do nothing`, [
    id,
    name,
    JSON.stringify(identity),
  ]);
}

export const savePlayer = (pool: Pool, player: Party) => save(pool, 'players', player);
export const saveJudge = (pool: Pool, judge: Party) => save(pool, 'judges', judge);
