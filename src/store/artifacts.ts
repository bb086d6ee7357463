import type { Pool } from 'pg';
import type { Db } from './bulk';

export type CheckpointStatus = 'candidate' | 'promoted' | 'rejected' | 'superseded';

/** A model of ours: its id is the run's id and its place in it (`run/r1-sft-a1`); the name is never used again. */
export interface Checkpoint {
  id: string;
  run: string;
  round: number;
  stage: string;
  attempt: number;
  parent: string | null;
  dataset: string | null;
  job: string | null;
  path: string;
  sha256: string;
  metrics: Record<string, unknown>;
  seconds: number;
  player: string | null;
  status: CheckpointStatus;
}

export interface Dataset {
  id: string;
  run: string;
  round: number;
  stage: string;
  attempt: number;
  kind: string;
  settings: unknown;
  counts: Record<string, number>;
  rows: number;
  path: string;
  sha256: string;
  /** A rollback abandoned it: it stays readable, and nothing reads it for training. */
  superseded: boolean;
  createdAt: Date;
}

export async function saveCheckpoint(pool: Pool, c: Checkpoint): Promise<void> {
  await pool.query(
    `insert into checkpoints (id, run, round, stage, attempt, parent, dataset, job, path, sha256, metrics, seconds, player, status)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict do nothing`,
    [
      c.id,
      c.run,
      c.round,
      c.stage,
      c.attempt,
      c.parent,
      c.dataset,
      c.job,
      c.path,
      c.sha256,
      JSON.stringify(c.metrics),
      c.seconds,
      c.player,
      c.status,
    ],
  );
}

export async function loadCheckpoint(pool: Pool, id: string): Promise<Checkpoint | null> {
  const { rows } = await pool.query<Checkpoint>('select * from checkpoints where id = $1', [id]);
  return rows[0] ?? null;
}

export async function checkpointsOf(pool: Pool, run: string): Promise<Checkpoint[]> {
  const { rows } = await pool.query<Checkpoint>('select * from checkpoints where run = $1 order by created_at, id', [
    run,
  ]);
  return rows;
}

export async function setCheckpointStatus(pool: Pool, ids: readonly string[], status: CheckpointStatus): Promise<void> {
  await pool.query('update checkpoints set status = $2 where id = any($1)', [ids, status]);
}

/**
 * Marks every checkpoint of a run as superseded but its start and those in `kept`. A reward model stays with the policy
 * that it taught (same round and attempt).
 */
export async function supersedeCheckpoints(db: Db, run: string, kept: readonly string[]): Promise<void> {
  await db.query(
    `update checkpoints set status = 'superseded'
      where run = $1 and stage <> 'start' and not id = any($2)
        and not (stage = 'reward' and exists (
          select from checkpoints policy
           where policy.id = any($2) and policy.stage = 'ppo'
             and policy.round = checkpoints.round and policy.attempt = checkpoints.attempt))`,
    [run, kept],
  );
}

export async function saveDataset(pool: Pool, d: Omit<Dataset, 'superseded' | 'createdAt'>): Promise<void> {
  await pool.query(
    `insert into datasets (id, run, round, stage, attempt, kind, settings, counts, rows, path, sha256)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
    [
      d.id,
      d.run,
      d.round,
      d.stage,
      d.attempt,
      d.kind,
      JSON.stringify(d.settings),
      JSON.stringify(d.counts),
      d.rows,
      d.path,
      d.sha256,
    ],
  );
}

export async function loadDataset(pool: Pool, id: string): Promise<Dataset | null> {
  const { rows } = await pool.query<Dataset>('select *, created_at as "createdAt" from datasets where id = $1', [id]);
  return rows[0] ?? null;
}

export async function datasetsOf(pool: Pool, run: string): Promise<Dataset[]> {
  const { rows } = await pool.query<Dataset>(
    'select *, created_at as "createdAt" from datasets where run = $1 order by created_at, id',
    [run],
  );
  return rows;
}
