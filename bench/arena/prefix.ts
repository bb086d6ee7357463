import { join } from 'node:path';
import { Pool } from 'pg';
import { efficiencyOf } from '../../src/report/efficiency';
import type { Row } from '../bench';
import { writeMaterial } from './material';
import type { Part } from './stand';

const PLAYERS = 5;
/** Blocks of 16 tokens: a cache of 400 thousand tokens, as a GPU of 80 GB keeps beside a model of 8 billion weights. */
const BLOCKS = 25_000;

/** How much of the judge's prompts a prefix cache finds again, as games arrive from the window; the cache is simulated in the endpoint. */
export async function prefixRows({ stand, short, say }: Part): Promise<Row[]> {
  const prompts = short ? 50 : 300;
  const material = await writeMaterial(join(stand.folder, 'material'), { prompts, players: PLAYERS });
  say('arena: the judge’s prefix cache');
  const endpoint = { latencyMs: 20, slots: 64, prefixBlocks: BLOCKS };
  const { databaseUrl, run } = await stand.play({ name: 'prefix', material, endpoint, concurrency: 64 });
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const { prefixReuse, tokensPerBattle } = await efficiencyOf(pool, run);
    return [
      {
        name: `share of the judge's prompt tokens found in a prefix cache, ${PLAYERS} players`,
        goal: 'stated',
        figure: prefixReuse ?? 0,
        unit: 'of tokens',
        ok: null,
        note: `simulated as vLLM's (blocks of 16 tokens, ${BLOCKS} of them, the least recently used forgotten), told as usage.prompt_tokens_details and read from the ledger; ${tokensPerBattle?.toFixed(0)} tokens per battle`,
      },
    ];
  } finally {
    await pool.end();
  }
}
