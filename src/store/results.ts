import type { Pool } from 'pg';

/** What a gate found and decided; `mean` is the candidate's mean game score, a tie counting half. */
export interface Gate {
  arena: string;
  run: string;
  round: number;
  stage: string;
  attempt: number;
  candidate: string;
  opponent: string;
  mean: number;
  lower: number;
  upper: number;
  prompts: number;
  games: number;
  decision: string;
  sentence: string;
}

export async function saveGate(pool: Pool, g: Gate): Promise<void> {
  await pool.query(
    `insert into gates (arena, run, round, stage, attempt, candidate, opponent, mean, lower, upper, prompts, games, decision, sentence)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (arena) do update set decision = excluded.decision, sentence = excluded.sentence where not gates.settled`,
    [
      g.arena,
      g.run,
      g.round,
      g.stage,
      g.attempt,
      g.candidate,
      g.opponent,
      g.mean,
      g.lower,
      g.upper,
      g.prompts,
      g.games,
      g.decision,
      g.sentence,
    ],
  );
}

/** Takes over the operator's decision on a gate that asked. */
export async function settleGate(pool: Pool, arena: string, decision: string, sentence: string): Promise<void> {
  await pool.query('update gates set decision = $2, sentence = $3, settled = true where arena = $1', [
    arena,
    decision,
    sentence,
  ]);
}

/** What the operator decided on a gate; null where nobody has. */
export async function settledGate(
  pool: Pool,
  arena: string,
): Promise<{ decision: 'promote' | 'keep'; sentence: string } | null> {
  const { rows } = await pool.query<{ decision: 'promote' | 'keep'; sentence: string }>(
    'select decision, sentence from gates where arena = $1 and settled',
    [arena],
  );
  return rows[0] ?? null;
}

/** All gates of a run, also those that a rollback abandoned, which say so. */
export async function gatesOf(pool: Pool, run: string): Promise<(Gate & Abandonable)[]> {
  const { rows } = await pool.query<Gate & Abandonable>(
    'select * from gates where run = $1 order by created_at, arena',
    [run],
  );
  return rows;
}

/** Whether a rollback has abandoned it; it stays and can be read. */
interface Abandonable {
  superseded: boolean;
}

/** A leaderboard as published after a stage or round, by one judge. */
export interface Leaderboard<Body> {
  run: string;
  /** What was rated: `r0`, `r1-sft-a1`, ... */
  label: string;
  judge: 'evaluation' | 'data';
  round: number;
  stage: string;
  attempt: number;
  body: Body;
}

export type PublishedBoard<Body> = Leaderboard<Body> & Abandonable;

export async function saveLeaderboard<Body>(pool: Pool, l: Leaderboard<Body>): Promise<void> {
  await pool.query(
    `insert into leaderboards (run, label, judge, round, stage, attempt, body) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [l.run, l.label, l.judge, l.round, l.stage, l.attempt, JSON.stringify(l.body)],
  );
}

/** All leaderboards of a run, the newest last, also those that a rollback abandoned, which say so. */
export async function leaderboardsOf<Body>(pool: Pool, run: string): Promise<PublishedBoard<Body>[]> {
  const { rows } = await pool.query<PublishedBoard<Body>>(
    'select run, label, judge, round, stage, attempt, body, superseded from leaderboards where run = $1 order by created_at, label',
    [run],
  );
  return rows;
}
