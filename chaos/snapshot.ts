import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { sha256 } from '../src/identity';

/** What a run leaves, as sorted lines by subject; times, prices and paths are left out. */
export type Snapshot = Record<string, string[]>;

const QUERIES: Record<string, string> = {
  answers: 'select player, prompt, sample, text, finish_reason from answers',
  games: 'select judge, prompt, first, second, text, score_first, score_second, verdict from games',
  battles: 'select arena, position, prompt, player_a, player_b, outcome, margin, verdicts from battles',
  arenas: 'select id, judge, size from arenas',
  datasets: 'select id, kind, counts, rows, sha256 from datasets',
  checkpoints: 'select id, parent, dataset, sha256, status from checkpoints',
  gates: 'select arena, candidate, opponent, mean, lower, upper, decision from gates',
  ratings: 'select label, judge, body from leaderboards',
};

export async function snapshot(pool: Pool): Promise<Snapshot> {
  const entries = await Promise.all(
    Object.entries(QUERIES).map(async ([name, query]): Promise<[string, string[]]> => {
      const { rows } = await pool.query<{ line: string }>(`select to_jsonb(row)::text as line from (${query}) row`);
      return [name, rows.map(({ line }) => line).sort()];
    }),
  );
  return Object.fromEntries(entries);
}

/** How a run differs from the undisturbed one: one phrase for each subject; empty where it does not. */
export function differences(undisturbed: Snapshot, disturbed: Snapshot): string[] {
  return Object.keys(QUERIES).flatMap((subject) => {
    const expected = new Set(undisturbed[subject]);
    const found = new Set(disturbed[subject]);
    const missing = [...expected].filter((line) => !found.has(line)).length;
    const other = [...found].filter((line) => !expected.has(line)).length;
    return missing + other === 0 ? [] : [`${subject}: ${missing} missing, ${other} others`];
  });
}

/** What must hold of any complete run, whatever it is compared with; one phrase for each fault. */
export async function audit(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ fault: string; n: number }>(
    `select 'battles without an outcome' as fault, count(*)::int as n from battles where outcome is null or outcome = 'failed'
     union all
     select 'arenas of another size than planned', count(*)::int from arenas
      where size <> (select count(*) from battles where arena = arenas.id)
     union all
     select 'battles without two games', count(*)::int from battles join arenas on arenas.id = arena
      where 2 <> (select count(*) from games where games.judge = arenas.judge and games.prompt = battles.prompt
                   and ((first = player_a and second = player_b) or (first = player_b and second = player_a)))`,
  );
  const datasets = await pool.query<{ id: string; path: string; sha256: string }>(
    'select id, path, sha256 from datasets',
  );
  return [
    ...rows.filter(({ n }) => n > 0).map(({ fault, n }) => `${n} ${fault}`),
    ...datasets.rows
      .filter((dataset) => sha256(readFileSync(dataset.path)) !== dataset.sha256)
      .map(({ id }) => `${id} is not what was written`),
  ];
}
