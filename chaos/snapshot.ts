import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { sha256 } from '../src/identity';
import type { Shape } from './config';

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

/**
 * Of a run whose model really answers: its keys, players by their names. A real answer may differ by a rounding, and
 * with it all that is made of it, weights and identities included; `texts` are counted, not compared.
 */
const KEYS: Record<string, string> = {
  answers: 'select name, prompt, sample from answers join players on id = player',
  games: `select judge, prompt, a.name as first, b.name as second
            from games join players a on a.id = first join players b on b.id = second`,
  battles: `select arena, position, prompt, a.name as a, b.name as b
              from battles join players a on a.id = player_a join players b on b.id = player_b`,
  arenas: QUERIES['arenas'] ?? '',
  datasets: 'select id, kind from datasets',
  checkpoints: 'select id, parent, dataset, status from checkpoints',
  gates: 'select arena, candidate, opponent, decision from gates',
  ratings: 'select label, judge from leaderboards',
  texts: 'select name, prompt, text from answers join players on id = player',
};

export async function snapshot(pool: Pool, { serving }: Pick<Shape, 'serving'>): Promise<Snapshot> {
  const entries = await Promise.all(
    Object.entries(serving === 'local' ? KEYS : QUERIES).map(async ([name, query]): Promise<[string, string[]]> => {
      const { rows } = await pool.query<{ line: string }>(`select to_jsonb(row)::text as line from (${query}) row`);
      return [name, rows.map(({ line }) => line).sort()];
    }),
  );
  return Object.fromEntries(entries);
}

/** How a run differs from the undisturbed one: one phrase for each subject; empty where it does not. */
export function differences(undisturbed: Snapshot, disturbed: Snapshot): string[] {
  return Object.keys(undisturbed).flatMap((subject) => {
    if (subject === 'texts') return [];
    const expected = new Set(undisturbed[subject]);
    const found = new Set(disturbed[subject]);
    const missing = [...expected].filter((line) => !found.has(line)).length;
    const other = [...found].filter((line) => !expected.has(line)).length;
    return missing + other === 0 ? [] : [`${subject}: ${missing} missing, ${other} others`];
  });
}

/** How many of a run's answers read otherwise than the undisturbed one's, in words. */
export function otherAnswers(undisturbed: Snapshot, disturbed: Snapshot): string {
  const expected = new Set(undisturbed['texts']);
  const texts = disturbed['texts'] ?? [];
  return `${texts.filter((line) => !expected.has(line)).length} of ${texts.length} answers differ`;
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
