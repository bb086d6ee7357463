import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Pool } from 'pg';
import type { Meters } from './meters';

/** Open runs that are told at most. */
const MOST = 50;
const ANSWER_MS = 5000;
const OPEN = `WorkflowType in ('flywheel', 'arena') and ExecutionStatus = 'Running'`;

const attributes = {
  round: defineSearchAttributeKey('FlywheelRound', 'INT'),
  stage: defineSearchAttributeKey('FlywheelStage', 'KEYWORD'),
  attention: defineSearchAttributeKey('NeedsAttention', 'BOOL'),
};

/** Tells where each open run is, as Temporal lists it, and what it has spent and who leads, as Postgres knows it. */
export async function readRuns(meters: Meters, client: Client, pool: Pool): Promise<void> {
  const { stage, round, attention, paused, finishedSteps, spent, budget, rating, ratingLower, ratingUpper } = meters;
  const gauges = [stage, round, attention, paused, finishedSteps, spent, budget, rating, ratingLower, ratingUpper];
  const open = await source(meters, 'temporal', new Map<string, OpenRun>(), () => openRuns(client));
  const runs = [...open.keys()];
  const { accounts, ratings } = await source(meters, 'postgres', { accounts: [], ratings: [] }, async () => ({
    accounts: await accountsOf(pool, runs),
    ratings: await ratingsOf(pool, runs),
  }));
  // What cannot be read is not told: an old figure would look like a new one. These are told of few runs anew each time, so that each keeps its
  // own name: under one that they share, the last would hide that another one waits for a decision.
  for (const gauge of gauges) gauge.reset();
  for (const [run, at] of open) {
    stage.set({ run, workflow: at.workflow, stage: at.stage }, 1);
    round.set({ run }, at.round);
    attention.set({ run }, at.attention ? 1 : 0);
  }
  for (const { run, ...account } of accounts) {
    paused.set({ run }, account.paused ? 1 : 0);
    finishedSteps.set({ run }, account.steps);
    spent.set({ run }, account.usd);
    if (account.capUsd !== null) budget.set({ run }, account.capUsd);
  }
  for (const { run, model, ...found } of ratings) {
    const at = { run, model };
    rating.set(at, found.rating);
    if (found.lower !== null) ratingLower.set(at, found.lower);
    if (found.upper !== null) ratingUpper.set(at, found.upper);
  }
}

interface OpenRun {
  workflow: string;
  stage: string;
  round: number;
  attention: boolean;
}

async function openRuns(client: Client): Promise<Map<string, OpenRun>> {
  const open = new Map<string, OpenRun>();
  await client.withDeadline(Date.now() + ANSWER_MS, async () => {
    for await (const { workflowId, type, typedSearchAttributes: found } of client.workflow.list({
      query: OPEN,
      pageSize: MOST,
    })) {
      open.set(workflowId, {
        workflow: type,
        // None before its first activity has checked the configuration.
        stage: found.get(attributes.stage) ?? 'starting',
        round: found.get(attributes.round) ?? 0,
        attention: found.get(attributes.attention) ?? false,
      });
      if (open.size >= MOST) break;
    }
  });
  return open;
}

interface AccountOfRun {
  run: string;
  usd: number;
  capUsd: number | null;
  paused: boolean;
  steps: number;
}

async function accountsOf(pool: Pool, runs: readonly string[]): Promise<AccountOfRun[]> {
  const { rows } = await pool.query<AccountOfRun>({
    name: 'metrics-accounts',
    text: `select runs.id as run, coalesce(usd, 0) as usd, cap_usd as "capUsd",
                  coalesce(jsonb_typeof(state -> 'paused') = 'object', false) as paused,
                  coalesce(jsonb_array_length(state -> 'finished'), 0) as steps
             from runs left join spends on spends.run = runs.id where runs.id = any($1)`,
    values: [runs],
  });
  return rows;
}

interface RatingOfRun {
  run: string;
  model: string;
  rating: number;
  lower: number | null;
  upper: number | null;
}

/**
 * The newest leaderboards by the evaluation judge, of which the best 30 models: of open runs, and those of the last hour, because an arena alone is over
 * when its leaderboard is there.
 */
async function ratingsOf(pool: Pool, runs: readonly string[]): Promise<RatingOfRun[]> {
  const { rows } = await pool.query<RatingOfRun>({
    name: 'metrics-ratings',
    text: `select run, row ->> 'model' as model, (row ->> 'rating')::float8 as rating,
                  (row ->> 'lower')::float8 as lower, (row ->> 'upper')::float8 as upper
             from (select distinct on (run) run, body from leaderboards
                    where (run = any($1) or created_at > now() - interval '1 hour') and judge = 'evaluation' and not superseded
                    order by run, created_at desc, label desc limit ${MOST}) as newest,
                  jsonb_path_query(body, '$.table.models[0 to 29]') as row`,
    values: [runs],
  });
  return rows;
}

/** Reads a source; where it cannot be read, says so in a metric and tells nothing. */
async function source<T>(meters: Meters, name: string, empty: T, read: () => Promise<T>): Promise<T> {
  try {
    const found = await read();
    meters.sourceUp.set({ source: name }, 1);
    return found;
  } catch {
    meters.sourceUp.set({ source: name }, 0);
    return empty;
  }
}
