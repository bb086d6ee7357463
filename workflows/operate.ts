import type { BudgetMessage, DecideMessage, Decision, MessageName, PauseMessage, RollbackMessage } from './messages';
import { allSteps } from './steps';
import type { FlywheelState, RunPlan } from './types';

/** What the run waits for, where it needs attention. */
export interface Waiting {
  reason: string;
  actions: readonly Decision[];
}

export interface Operated {
  state: FlywheelState;
  /** What was done, for the operator. */
  sentence: string;
  /** What the workflow must do beside taking the state over. */
  effect: 'none' | 'interrupt' | 'roll back' | 'release';
  decision?: Decision;
}

export type Verdict = Operated | { refusal: string };

/**
 * The one rule for what a message does: validator, update and signal all ask it. Pure: it changes nothing, and says what
 * to change or why not.
 */
export function operate(
  plan: RunPlan | null,
  state: FlywheelState,
  waiting: Waiting | null,
  name: MessageName,
  input: unknown,
): Verdict {
  switch (name) {
    case 'pause':
      return pause(state, input);
    case 'resume':
      return resume(state);
    case 'rollback':
      return rollback(plan, state, input);
    case 'setBudget':
      return setBudget(state, waiting, input);
    case 'decide':
      return decide(state, waiting, input);
  }
}

function pause(state: FlywheelState, input: unknown): Verdict {
  const { mode = 'drain', reason = 'no reason given', ...rest } = (input ?? {}) as PauseMessage;
  if (Object.keys(rest).length > 0 || (mode !== 'drain' && mode !== 'now') || typeof reason !== 'string')
    return { refusal: 'pause takes nothing, or for example {"mode": "now", "reason": "GPU needed elsewhere"}.' };
  if (state.paused && (state.paused.mode === mode || mode === 'drain'))
    return { refusal: `The run is paused already (${state.paused.reason}). Send resume to go on.` };
  const how =
    mode === 'now'
      ? 'Paused now: calls in flight are cancelled and training stops at a checkpoint'
      : 'Pausing: what is in flight ends, nothing new starts';
  return {
    state: { ...state, paused: { mode, reason } },
    sentence: `${how} (${reason}).`,
    effect: mode === 'now' ? 'interrupt' : 'none',
  };
}

function resume(state: FlywheelState): Verdict {
  if (!state.paused) return { refusal: 'The run is not paused.' };
  return { state: { ...state, paused: null }, sentence: 'Resumed.', effect: 'none' };
}

function rollback(plan: RunPlan | null, state: FlywheelState, input: unknown): Verdict {
  const example =
    'rollback needs a place, for example {"round": 1, "stage": "dpo"}; without "stage" it goes back to the round\'s begin.';
  const { round, stage, reason = 'no reason given', ...rest } = (input ?? {}) as RollbackMessage;
  if (Object.keys(rest).length > 0 || !Number.isInteger(round) || round < 1) return { refusal: example };
  if (!plan) return { refusal: 'The run has not begun; there is nothing to go back to.' };
  if (plan.rounds === 0)
    return { refusal: 'An arena has no rounds to go back to. Start it under another id to play it anew.' };
  const target = stage ?? plan.stages[0];
  const steps = allSteps(plan);
  const index = steps.findIndex((step) => step.round === round && step.stage === target);
  if (index < 0)
    return {
      refusal: `There is no stage ${String(target)} in round ${round} of this run (${plan.rounds} rounds of ${plan.stages.join(', ')}). ${example}`,
    };
  if (index > state.finished.length)
    return { refusal: `Round ${round}, ${String(target)} has not run yet, so there is no going back to it.` };
  // A round's end names the candidate of its last stage once more.
  const superseded = new Set(
    state.finished.slice(index).flatMap(({ candidate }) => (candidate ? [candidate.checkpoint] : [])),
  ).size;
  return {
    state: {
      ...state,
      attempt: state.attempt + 1,
      finished: state.finished.slice(0, index),
      cursor: null,
      lastProblem: null,
    },
    sentence: `Rolled back to round ${round}, ${String(target)}; ${superseded} checkpoint${superseded === 1 ? '' : 's'} superseded (${reason}).`,
    effect: 'roll back',
  };
}

function setBudget(state: FlywheelState, waiting: Waiting | null, input: unknown): Verdict {
  const { usd } = (input ?? {}) as BudgetMessage;
  if (typeof usd !== 'number' || !(usd > 0)) return { refusal: 'setBudget needs an amount, for example {"usd": 50}.' };
  const released = waiting?.actions.includes('retry') === true && /budget|spent/i.test(waiting.reason);
  return {
    state: { ...state, budgetUsd: usd },
    sentence: `The budget is $${usd.toFixed(2)} now.${released ? ' The run goes on.' : ''}`,
    effect: released ? 'release' : 'none',
    ...(released ? { decision: 'retry' as const } : {}),
  };
}

function decide(state: FlywheelState, waiting: Waiting | null, input: unknown): Verdict {
  const { action } = (input ?? {}) as DecideMessage;
  if (!waiting) return { refusal: 'The run waits for no decision.' };
  if (!waiting.actions.includes(action))
    return {
      refusal: `decide needs one of ${waiting.actions.map((one) => `{"action": "${one}"}`).join(' ')} here: ${waiting.reason}`,
    };
  return {
    state: { ...state, lastProblem: null },
    sentence: `Decided: ${action}.`,
    effect: 'release',
    decision: action,
  };
}
