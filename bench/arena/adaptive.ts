import { join } from 'node:path';
import { Pool } from 'pg';
import { ratingTable } from '../../src/store/rating-table';
import type { Row } from '../bench';
import { separations } from '../coverage/adaptive';
import { writeMaterial } from './material';
import { type Part, type Played } from './stand';

/** As in bench/coverage: ten models whose strengths have a standard deviation of about 1, an effect of .6 on each prompt. */
const PLAYERS = 10;
const WORLD = { players: PLAYERS, spread: 1.57, effect: 0.6 };
const ENDPOINT = { latencyMs: 5, slots: null };

/** Full and adaptive matchmaking end to end, on the same answers and the same judge. */
export async function adaptiveRows({ stand, short, say }: Part): Promise<Row[]> {
  const prompts = short ? 60 : 500;
  const material = await writeMaterial(join(stand.folder, 'material'), { prompts, ...WORLD });
  const play = async (matchmaking: 'full' | 'adaptive') => {
    say(`arena: ${PLAYERS} players on ${prompts} prompts, ${matchmaking} matchmaking`);
    const config = { evaluation: { matchmaking } };
    const played = await stand.play({ name: matchmaking, material, endpoint: ENDPOINT, concurrency: 64, config });
    return { calls: played.calls, ...(await rated(played)) };
  };
  const full = await play('full');
  const adaptive = await play('adaptive');
  const pairs = full.pairs.filter(([a, b]) => full.separates(a, b));
  const also = pairs.filter(([a, b]) => adaptive.separates(a, b)).length;
  const games = adaptive.calls / full.calls;
  const note = `through Temporal and Postgres; ${full.calls} games in full, ${adaptive.calls} adaptively, one world (bench/coverage simulates many)`;
  return [
    {
      name: 'adaptive matchmaking end to end: games',
      goal: '≤ 0.5',
      figure: games,
      unit: '× full',
      ok: short ? null : games <= 0.5,
      note,
    },
    {
      name: 'adaptive matchmaking end to end: pairs separated',
      goal: '≥ 95% of those of the full arena',
      figure: (100 * also) / pairs.length,
      unit: '%',
      ok: short ? null : also >= 0.95 * pairs.length,
      note: `${also} of ${pairs.length}; the 95% interval of their difference, clustered by prompt, excludes zero`,
    },
  ];
}

async function rated({ databaseUrl, run }: Played) {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const { rows } = await pool.query<{ id: string }>('select id from arenas where run = $1', [run]);
    const names = await pool.query<{ id: string; name: string }>('select id, name from players');
    const nameOf = new Map(names.rows.map(({ id, name }) => [id, name]));
    const table = await ratingTable(
      pool,
      rows.map(({ id }) => id),
      (id) => nameOf.get(id) ?? id,
    );
    const { separates } = separations(table);
    const index = (name: string) => table.models.indexOf(name);
    const all = [...table.models].sort();
    return {
      pairs: all.flatMap((a, at) => all.slice(at + 1).map((b): [string, string] => [a, b])),
      separates: (a: string, b: string) => separates(index(a), index(b)),
    };
  } finally {
    await pool.end();
  }
}
