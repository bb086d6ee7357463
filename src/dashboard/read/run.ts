import type { LeaderboardBody } from '../../../activities/rating';
import { arenaId } from '../../../activities/plan-arena';
import { allSteps, champion, labelOf } from '../../../workflows/steps';
import type { FinishedStep, FlywheelState, Place } from '../../../workflows/types';
import { evaluationJudge, judgeParty } from '../../models/roster';
import type { Look } from '../../operating/look';
import { storedProgress } from '../../operating/stored-progress';
import { namesOf, spendByParty } from '../../report/counts';
import { checkpointsOf, type Checkpoint } from '../../store/artifacts';
import { spendByPurpose } from '../../store/ledger';
import { leaderboardsOf } from '../../store/results';
import type { Run } from '../../store/runs';
import type { DashboardDeps } from '../deps';
import { NotThere } from '../route';
import type { RunDetail, Spending, Step } from '../schemas/runs';
import { lookSoon } from './look';
import { soonOfRuns, storedRun } from './of-run';
import { rowOf, spendSoon } from './runs';

const SPEND_MS = 4000;

/** All that the page of a run shows, but its events and curves. */
export async function readRun(deps: DashboardDeps, id: string): Promise<RunDetail> {
  const run = await storedRun(deps, id);
  const { pool } = deps;
  const isDone = run.status === 'done';
  const [look, spend, boards, checkpoints, spent] = await Promise.all([
    isDone ? null : lookSoon(deps, id),
    spendSoon(deps, run),
    leaderboardsOf<LeaderboardBody>(pool, id),
    checkpointsOf(pool, id),
    soonOfRuns(deps, [run], 'spending', { compute: () => spending(deps, run), staleMs: SPEND_MS }),
  ]);
  const row = rowOf(run, look, spend);
  const told = (isDone ? null : look?.progress) ?? (await storedProgressOf(deps, run));
  // The ledger knows what was spent; the workflow, only since it was continued.
  const progress = spend ? { ...told, spend } : told;
  const state = run.state as FlywheelState | null;
  const decisions = decisionsOf(row.status, progress.nextAction);
  return {
    row,
    configHash: run.configHash,
    progress,
    workflow: look?.state ?? 'none',
    trouble: look?.trouble ?? null,
    plan: planOf(run, row.status, progress.round, progress.stage),
    abandoned: abandonedOf(state, checkpoints, id),
    competitors: run.config.competitors.map((one) => ({ id: one.id, joins: one.joins })),
    champion: state && state.finished.length > 0 && run.config.target ? champion(state).label : null,
    ratings: boards
      // Tables that a rollback abandoned are no part of the way to today's model.
      .filter(({ judge, superseded }) => judge === 'evaluation' && !superseded)
      .map(({ label, round, stage, body }) => ({
        ...{ label, round, stage, model: body.model },
        models: body.table.models.map(({ model, rating, lower, upper }) => ({ model, rating, lower, upper })),
      })),
    spend: spent,
    actions: actionsOf(row.status, look),
    decisions,
    judges: {
      evaluation: judgeParty(evaluationJudge(run.config)).name,
      data: judgeParty(run.config.judge).name,
      heldOut: run.config.evaluation.judge !== null,
    },
    temporalUi: deps.temporal.ui === null ? null : `${deps.temporal.ui}/${encodeURIComponent(id)}`,
  };
}

export async function spending({ pool }: Pick<DashboardDeps, 'pool'>, run: Run): Promise<Spending> {
  const [purposes, parties] = await Promise.all([
    spendByPurpose(pool, run.id),
    // Nothing is waited for before all of them are: what fails meanwhile would be heard by nobody, and end the process.
    namesOf(pool, run).then((names) => spendByParty(pool, run.id, names)),
  ]);
  return { purposes, parties };
}

async function storedProgressOf({ pool }: DashboardDeps, run: Run) {
  const stored = await storedProgress(pool, run.id);
  if (!stored) throw new NotThere(`There is no run ${run.id} in this database.`);
  return stored;
}

/** Every step that the run will have, the finished ones with what they did. */
function planOf(run: Run, status: string, round: number, stage: string): Step[] {
  const state = run.state as FlywheelState | null;
  const finished = state?.finished ?? [];
  if (run.config.rounds === 0) return [arenaStep(run, status)];
  return allSteps(run.config).map((place, index): Step => {
    const done = finished[index];
    if (done) return finishedStep(run.id, done);
    const isCurrent = status !== 'done' && place.round === round && place.stage === stage;
    const attempt = state?.attempt ?? 1;
    return { ...aheadStep({ ...place, attempt }), state: isCurrent ? 'current' : 'ahead' };
  });
}

/** An arena alone is one step, whose figures its leaderboard tells. */
function arenaStep(run: Run, status: string): Step {
  const place: Place = { round: 0, stage: 'start', attempt: 1 };
  return {
    ...aheadStep(place),
    label: 'arena',
    state: status === 'done' ? 'finished' : 'current',
    arenas: [arenaId({ run: run.id, place, purpose: 'evaluation', judge: 'evaluation' })],
  };
}

function aheadStep(place: Place): Step {
  return {
    ...{ label: labelOf(place), round: place.round, stage: place.stage, attempt: place.attempt, state: 'ahead' },
    ...{ decision: null, model: null, candidate: null, gate: null, battles: null, rows: null, seconds: null },
    ...{ rating: null, dataRating: null, datasets: [], arenas: [] },
  };
}

function finishedStep(run: string, step: FinishedStep): Step {
  const { round, stage, attempt, decision, model, candidate, gate, battles, rows, seconds, rating, dataRating } = step;
  const isStage = stage !== 'start' && stage !== 'round';
  const place = { run, place: { round, stage, attempt } };
  return {
    label: labelOf(step),
    ...{
      round,
      stage,
      attempt,
      state: 'finished' as const,
      decision,
      battles,
      rows,
      seconds,
      rating,
      dataRating,
      gate,
    },
    model: model.label,
    candidate: candidate?.label ?? null,
    datasets: Object.entries(step.datasets).map(([kind, id]) => ({ id, kind })),
    arenas: [
      ...(isStage ? [arenaId({ ...place, purpose: 'training', judge: 'data' })] : []),
      ...(gate ? [arenaId({ ...place, purpose: 'gate', judge: 'evaluation' })] : []),
      ...Object.values(step.evaluation?.arenas ?? {}),
    ],
  };
}

/** Checkpoints of attempts that no finished step names any more. */
function abandonedOf(
  state: FlywheelState | null,
  checkpoints: readonly Checkpoint[],
  run: string,
): RunDetail['abandoned'] {
  if (!state) return [];
  return checkpoints
    .filter(({ status, stage }) => status === 'superseded' && stage !== 'reward')
    .map(({ id, round, stage, attempt }) => ({ label: id.slice(run.length + 1), round, stage, attempt }));
}

function actionsOf(status: string, look: Look | null): RunDetail['actions'] {
  if (status === 'done' || look?.state !== 'open') return [];
  return [
    status === 'paused' ? 'resume' : 'pause',
    'rollback',
    'setBudget',
    ...(status === 'needs attention' ? (['decide'] as const) : []),
  ];
}

/** The decisions that a waiting run takes, as its next action spells them. */
function decisionsOf(status: string, nextAction: string): string[] {
  if (status !== 'needs attention') return [];
  return ['retry', 'promote', 'keep', 'stop'].filter((action) => nextAction.includes(`"${action}"`));
}
