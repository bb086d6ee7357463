import type { Pool } from 'pg';
import type { LeaderboardBody } from '../../activities/rating';
import { labelOf } from '../../workflows/steps';
import type { FinishedStep, FlywheelState, Interval } from '../../workflows/types';
import { pairedDifference } from '../arena/paired-difference';
import { shareMet, meetsCriteria } from '../sandbox/pocket-english/report';
import type { CriterionName } from '../sandbox/pocket-english/criteria';
import { loadCheckpoint } from '../store/artifacts';
import { spendOf } from '../store/ledger';
import { observeArenas } from '../store/observations';
import { leaderboardsOf } from '../store/results';
import { loadRun } from '../store/runs';

export type CriteriaShares = Record<CriterionName, number>;

export interface DemoStage {
  stage: string;
  decision: string;
  /** The gate's sentence. */
  gate: string | null;
  battles: number;
  rows: number;
  seconds: number;
  rating: number | null;
  lower: number | null;
  upper: number | null;
  dataJudge: Interval | null;
  /** Share of the candidate's test answers that meet each criterion. */
  criteria: CriteriaShares | null;
  /** PPO: KL to its parent in nats per answer, at the last update. */
  kl: number | null;
}

export interface DemoRound {
  round: number;
  /** Of the round's champion, by the evaluation judge. */
  rating: number | null;
  lower: number | null;
  upper: number | null;
  dataJudge: Interval | null;
  criteria: CriteriaShares | null;
  decision: string;
  stages: DemoStage[];
}

/** What `demo --json` prints (design §6). */
export interface DemoResult {
  run: string;
  seconds: number;
  rounds: DemoRound[];
  leaderboard: { model: string; rating: number; lower: number | null; upper: number | null }[];
  /** The champion against the start: one joint fit, the same resamples of prompts. */
  gain: { champion: string; difference: number; lower: number | null; upper: number | null } | null;
  /** Where a stage pleased the data judge more and the evaluation judge less, in a sentence each. */
  observations: string[];
  ledger: { calls: number; tokens: number; usd: number };
}

/** The results of a demo run from the database, as far as it has come. */
export async function demoResult(pool: Pool, run: string): Promise<DemoResult | null> {
  const stored = await loadRun(pool, run);
  const state = stored?.state as FlywheelState | null | undefined;
  if (!stored || !state) return null;
  const boards = await leaderboardsOf<LeaderboardBody>(pool, run);
  const board = boards.findLast(({ judge, superseded }) => judge === 'evaluation' && !superseded);
  const stageOf = async (step: FinishedStep): Promise<DemoStage> => ({
    stage: step.stage,
    decision: step.decision === 'promote' ? 'promoted' : 'kept the parent',
    gate: step.gate?.sentence ?? null,
    battles: step.battles,
    rows: step.rows,
    seconds: step.seconds,
    ...intervalOf(step.rating),
    dataJudge: step.dataRating,
    criteria: await criteriaOf(pool, stored.split, step.candidate?.checkpoint ?? null),
    kl:
      step.stage === 'ppo' && step.candidate
        ? klOf((await loadCheckpoint(pool, step.candidate.checkpoint))?.metrics)
        : null,
  });
  const rounds: DemoRound[] = [];
  for (const end of state.finished.filter(({ stage }) => stage === 'start' || stage === 'round')) {
    const stages = state.finished.filter(
      ({ round, stage }) => round === end.round && stage !== 'start' && stage !== 'round',
    );
    // The round's figures are its champion's: the promoted model's own, or those of the champion that stayed.
    const champion = state.finished.findLast(
      ({ rating, candidate, model }) => rating !== null && (candidate ?? model).label === end.model.label,
    );
    rounds.push({
      round: end.round,
      ...intervalOf(champion?.rating ?? null),
      dataJudge: champion?.dataRating ?? null,
      criteria: await criteriaOf(pool, stored.split, end.model.checkpoint),
      decision: end.decision === 'none' ? '' : end.decision === 'promote' ? 'promoted' : 'kept the champion',
      stages: await Promise.all(stages.map(stageOf)),
    });
  }
  const { calls, tokens, usd } = await spendOf(pool, run);
  return {
    run,
    seconds: state.finished.reduce((sum, { seconds }) => sum + seconds, 0),
    rounds,
    leaderboard:
      board?.body.table.models.map(({ model, rating, lower, upper }) => ({ model, rating, lower, upper })) ?? [],
    gain: await gainOf(pool, run, state),
    observations: gamed(state.finished),
    ledger: { calls, tokens, usd },
  };
}

const intervalOf = (interval: Interval | null) => ({
  rating: interval?.rating ?? null,
  lower: interval?.lower ?? null,
  upper: interval?.upper ?? null,
});

const klOf = (metrics: Record<string, unknown> | undefined) =>
  typeof metrics?.['kl'] === 'number' ? metrics['kl'] : null;

async function criteriaOf(pool: Pool, split: string | null, checkpoint: string | null): Promise<CriteriaShares | null> {
  if (checkpoint === null) return null;
  const { rows } = await pool.query<{ prompt: string; text: string }>(
    `select messages -> -1 ->> 'content' as prompt, answers.text from checkpoints
       join answers on answers.player = checkpoints.player
       join splits on splits.split = $2 and splits.part = 'test' and splits.prompt = answers.prompt
       join prompts on prompts.id = answers.prompt
      where checkpoints.id = $1`,
    [checkpoint, split],
  );
  const met = rows.map(({ prompt, text }) => meetsCriteria(prompt, text)).filter((one) => one !== null);
  return met.length === 0 ? null : shareMet(met);
}

async function gainOf(pool: Pool, run: string, state: FlywheelState): Promise<DemoResult['gain']> {
  const start = state.finished[0]?.model.label;
  const champion = state.finished.findLast(({ stage }) => stage === 'round')?.model.label;
  const stored = await loadRun(pool, run);
  if (!stored || !start || !champion || champion === start) return null;
  const arenas = state.finished.flatMap(({ evaluation }) => evaluation?.arenas.evaluation ?? []);
  const observations = await observeArenas(pool, run, stored.config, arenas);
  const { difference, lower, upper } = pairedDifference(observations, champion, start, {
    resample: 'prompt',
    rounds: stored.config.evaluation.bootstrapRounds,
  });
  return { champion, difference, lower, upper };
}

/** Stages after which the data judge rates the candidate above its parent and the evaluation judge below it. */
function gamed(finished: readonly FinishedStep[]): string[] {
  return finished.flatMap((step, index) => {
    const parent = finished
      .slice(0, index)
      .findLast(
        ({ model, candidate, rating }) => rating !== null && (candidate ?? model).label === step.gate?.opponent,
      );
    if (
      step.stage === 'start' ||
      step.stage === 'round' ||
      !step.rating ||
      !step.dataRating ||
      !parent?.rating ||
      !parent.dataRating
    )
      return [];
    const byData = step.dataRating.rating - parent.dataRating.rating;
    const byEvaluation = step.rating.rating - parent.rating.rating;
    if (byData <= 0 || byEvaluation >= 0) return [];
    return [
      `${labelOf(step)} games the data judge: it gains ${byData.toFixed(0)} points by the judge that selects the data and loses ${(-byEvaluation).toFixed(0)} by the judge that evaluates; the gate ${step.decision === 'promote' ? 'could not tell and let it pass' : 'kept its parent'}.`,
    ];
  });
}
