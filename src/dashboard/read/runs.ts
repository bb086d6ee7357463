import type { z } from '@hono/zod-openapi';
import type { Progress } from '../../../workflows/types';
import { allSteps } from '../../../workflows/steps';
import { nextOf } from '../../operating/stored-progress';
import { runSummary } from '../../operating/run-summary';
import type { Look } from '../../operating/look';
import { spendOf, type Spend } from '../../store/ledger';
import { runPage, runsMark, unfinishedRuns, type Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import { runsQuery, type RunRow, type Runs } from '../schemas/runs';
import { lookSoon } from './look';
import { soonOfRuns } from './of-run';

/** Live runs that a page asks Temporal about; older ones that never ended are shown as stored. */
const MOST_LOOKED_AT = 40;
/** Sums over the ledger of a run that still spends. */
const SPEND_MS = 3000;

/** A page of runs, the newest first; with the first one, what needs a person wherever it stands. */
export async function readRuns(deps: DashboardDeps, { after, limit }: z.infer<typeof runsQuery>): Promise<Runs> {
  const [{ runs, next }, unfinished] = await Promise.all([
    runPage(deps.pool, { after: after ?? null, limit }),
    after === undefined ? unfinishedRuns(deps.pool, MOST_LOOKED_AT) : [],
  ]);
  const live = runs.filter(({ status }) => status !== 'done').slice(0, MOST_LOOKED_AT);
  const looked = new Map(
    await Promise.all(
      [...new Set([...live, ...unfinished].map(({ id }) => id))].map(
        async (id) => [id, await lookSoon(deps, id)] as const,
      ),
    ),
  );
  const lookOf = ({ id }: Run) => looked.get(id) ?? null;
  return {
    runs: await Promise.all(runs.map(async (run) => rowOf(run, lookOf(run), await spendSoon(deps, run)))),
    next,
    attention: unfinished.flatMap((run) => {
      const { attention } = rowOf(run, lookOf(run), null);
      return attention === null ? [] : [{ run: run.id, sentence: attention }];
    }),
    temporal: deps.temporal.ui,
  };
}

/** What differs when the list of runs does: its first page, or anything of an older run. */
export async function runsState(deps: DashboardDeps): Promise<string> {
  const [page, mark] = await Promise.all([readRuns(deps, runsQuery.parse({})), runsMark(deps.pool)]);
  return `${mark} ${JSON.stringify(page)}`;
}

/** What a run has spent; null while it is being counted. */
export async function spendSoon(deps: DashboardDeps, run: Run): Promise<Spend | null> {
  const compute = () => spendOf(deps.pool, run.id);
  const spend = await soonOfRuns(deps, [run], 'spend', { compute, staleMs: SPEND_MS });
  return spend.state === 'ready' ? spend.value : null;
}

/** A run as the list shows it: as its workflow says where it answers, else as the database has it. */
export function rowOf(run: Run, look: Look | null, spend: Spend | null): RunRow {
  const { config } = run;
  const stored = runSummary(run);
  const next = nextOf(run);
  const live = run.status !== 'done' ? (look?.progress ?? null) : null;
  const status = statusOf(run, look);
  const place = live ?? { round: next?.round ?? config.rounds, stage: next?.stage ?? 'round' };
  return {
    run: run.id,
    name: config.name,
    kind: config.rounds === 0 ? 'arena' : 'flywheel',
    status,
    round: place.round,
    rounds: config.rounds,
    stage: place.stage,
    step: stepWords(status, live, stored.next),
    steps: { finished: run.status === 'done' ? stepsIn(run) : stored.steps, of: stepsIn(run) },
    done: live?.done ?? 0,
    total: live?.total ?? 0,
    etaSeconds: live?.etaSeconds ?? null,
    usd: spend?.usd ?? live?.spend.usd ?? null,
    budgetUsd: live
      ? live.budgetUsd
      : ((run.state as { budgetUsd?: number | null } | null)?.budgetUsd ?? config.budget.usd),
    model: stored.model ?? live?.leaderboard[0]?.player ?? null,
    rating: stored.rating,
    attention: attentionOf(status, live, look, run.id),
    createdAt: run.createdAt.toISOString(),
    updatedAt: run.updatedAt.toISOString(),
  };
}

function stepsIn({ config }: Run): number {
  return config.rounds === 0 ? 1 : allSteps(config).length;
}

function statusOf(run: Run, look: Look | null): RunRow['status'] {
  if (run.status === 'done') return 'done';
  if (look === null) return 'running';
  if (look.progress && (look.state === 'open' || look.state === 'completed')) return look.progress.status;
  if (look.state === 'open') return 'unreachable';
  return look.state === 'none' && look.trouble ? 'unreachable' : 'closed';
}

function stepWords(status: RunRow['status'], live: Progress | null, next: string | null): string {
  if (status === 'done') return 'complete';
  if (live) return live.step;
  return next === null ? '' : `next: ${next}`;
}

function attentionOf(status: RunRow['status'], live: Progress | null, look: Look | null, id: string): string | null {
  if (status === 'needs attention') return live?.lastProblem ?? 'It waits for a decision.';
  if (status === 'unreachable') return look?.trouble ?? 'Nobody answers for it.';
  if (status === 'closed')
    return `Its workflow is closed (${look?.state ?? 'none'}) before the run was complete. Starting ${id} again continues it.`;
  return null;
}
