import type { FinishedStep, FlywheelState, ModelRef, Place, RunPlan } from './types';

/** The state of a run that has done nothing yet. */
export const freshState = (budgetUsd: number | null): FlywheelState => ({
  attempt: 1,
  finished: [],
  paused: null,
  budgetUsd,
  rolledBack: false,
  cursor: null,
  lastAction: null,
  lastProblem: null,
});

/** All steps of a run in their order: the start, then for each round its stages and its end. */
export function allSteps({ rounds, stages }: Pick<RunPlan, 'rounds' | 'stages'>): Pick<Place, 'round' | 'stage'>[] {
  const perRound = [...stages, 'round' as const];
  return [
    { round: 0, stage: 'start' },
    ...Array.from({ length: rounds }, (_, index) => perRound.map((stage) => ({ round: index + 1, stage }))).flat(),
  ];
}

/** The step that follows those that are finished; null when the run is complete. */
export function nextStep(plan: RunPlan, { finished, attempt }: FlywheelState): Place | null {
  const step = allSteps(plan)[finished.length];
  return step ? { ...step, attempt } : null;
}

/** `I0`, `r1-sft-a1`, `r1-round-a1`: as ids, paths and tables spell a place. */
export function labelOf({ round, stage, attempt }: Place): string {
  return stage === 'start' ? 'I0' : `r${round}-${stage}-a${attempt}`;
}

/** The start model: I0. */
export function startModel(state: FlywheelState): ModelRef {
  const start = state.finished[0];
  if (!start) throw new Error('the run has not started');
  return start.model;
}

/** The promoted end of the last finished round: the next round's target. */
export function champion(state: FlywheelState): ModelRef {
  return state.finished.findLast(({ stage }) => stage === 'round')?.model ?? startModel(state);
}

/** The model that stands before a step of a round: what its last stage left, or the champion. */
export function modelBefore(state: FlywheelState, round: number): ModelRef {
  return state.finished.findLast((step) => step.round === round)?.model ?? champion(state);
}

/** Who battles as target, what is trained on, and who is the candidate's like in the gate (shared/method.md, tables). */
export function roles(
  plan: RunPlan,
  state: FlywheelState,
  { round, stage }: Place,
): { target: ModelRef; base: ModelRef; opponent: ModelRef } {
  const before = modelBefore(state, round);
  if (stage !== 'sft') return { target: before, base: before, opponent: before };
  const lastSft = state.finished.findLast((step) => step.stage === 'sft' && step.round < round);
  return {
    target: before,
    base: plan.sftInit === 'previous' ? before : startModel(state),
    opponent: lastSft?.model ?? startModel(state),
  };
}

/** The last finished step of the same stage in an earlier round: its data accumulate, promoted or not. */
export function sameStageBefore(state: FlywheelState, { round, stage }: Place): FinishedStep | undefined {
  return state.finished.findLast((step) => step.stage === stage && step.round < round);
}

/** Models that stay in later evaluations: the start and the rounds' ends. */
export function keptModels(state: FlywheelState): ModelRef[] {
  const kept = state.finished.filter(({ stage }) => stage === 'start' || stage === 'round').map(({ model }) => model);
  return kept.filter((model, index) => kept.findIndex(({ label }) => label === model.label) === index);
}

/** Checkpoints that the finished steps name; the others of a run belong to abandoned branches. */
export function keptCheckpoints({ finished }: FlywheelState): string[] {
  return [
    ...new Set(
      finished.flatMap(({ model, candidate }) => [model.checkpoint, ...(candidate ? [candidate.checkpoint] : [])]),
    ),
  ];
}

/** Prompts of the gate reserve that finished gates have used. */
export function gatePromptsUsed(plan: RunPlan, state: FlywheelState): number {
  return state.finished.reduce((sum, { gate }) => sum + (gate === null ? 0 : (gate.drawn ?? plan.gatePrompts)), 0);
}
