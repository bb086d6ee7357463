import type {
  BudgetMessage,
  DecideMessage,
  Decision,
  MessageName,
  PauseMessage,
  ResumeMessage,
  RollbackMessage,
} from './messages';
import { allSteps } from './steps';
import type { FlywheelState, RunPlan } from './types';

/** What the run waits for, where it needs attention. */
export interface Waiting {
  reason: string;
  actions: readonly Decision[];
  /** It waits for money: USD that were spent when it stopped. `setBudget` releases it. */
  spentUsd?: number;
}

export interface Operated {
  state: FlywheelState;
  /** What was done, for the operator. */
  sentence: string;
  /** What the workflow must do beside taking the state over. */
  effect: 'none' | 'interrupt' | 'roll back' | 'release';
  decision?: Decision;
  /** Why the operator did it, where it was said. */
  reason: string | null;
}

export type Verdict = Operated | { refusal: string };

/**
 * The one rule for what a message does: validator, update and signal all ask it. Pure: it changes nothing, and says what
 * to change or why not. New settings of a rollback are checked beside it, by an activity.
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
      return resume(state, input);
    case 'rollback':
      return rollback(plan, state, input);
    case 'setBudget':
      return setBudget(plan, state, waiting, input);
    case 'decide':
      return decide(state, waiting, input);
  }
}

/** The fields of a message; null for what is none: another kind of value, a field that is not known, a reason that is no text. */
function fieldsOf<T extends { reason?: string }>(input: unknown, known: readonly (keyof T)[]): Partial<T> | null {
  if (input === undefined || input === null) return {};
  if (typeof input !== 'object' || Array.isArray(input)) return null;
  const { reason } = input as T;
  if (reason !== undefined && typeof reason !== 'string') return null;
  return Object.keys(input).every((key) => key === 'reason' || (known as string[]).includes(key)) ? input : null;
}

const because = (reason: string | undefined) => (reason ? ` (${reason})` : '');

function pause(state: FlywheelState, input: unknown): Verdict {
  const fields = fieldsOf<PauseMessage>(input, ['mode']);
  const { mode = 'drain', reason } = fields ?? {};
  if (!fields || (mode !== 'drain' && mode !== 'now'))
    return { refusal: 'pause takes nothing, or for example {"mode": "now", "reason": "GPU needed elsewhere"}.' };
  if (state.paused && (state.paused.mode === mode || mode === 'drain'))
    return { refusal: `The run is paused already (${state.paused.reason}). Send resume to go on.` };
  const how =
    mode === 'now'
      ? 'Paused now: calls in flight are cancelled and training stops at a checkpoint'
      : 'Pausing: what is in flight ends, nothing new starts';
  return {
    state: { ...state, paused: { mode, reason: reason ?? 'no reason given' } },
    sentence: `${how}${because(reason)}.`,
    effect: mode === 'now' ? 'interrupt' : 'none',
    reason: reason ?? null,
  };
}

function resume(state: FlywheelState, input: unknown): Verdict {
  const fields = fieldsOf<ResumeMessage>(input, []);
  if (!fields) return { refusal: 'resume takes nothing, or {"reason": "…"}.' };
  if (!state.paused) return { refusal: 'The run is not paused.' };
  return { state: { ...state, paused: null }, sentence: 'Resumed.', effect: 'none', reason: fields.reason ?? null };
}

function rollback(plan: RunPlan | null, state: FlywheelState, input: unknown): Verdict {
  const example =
    'rollback needs a place, for example {"round": 1, "stage": "dpo"}; without "stage" it goes back to the round\'s begin. {"round": 1, "set": {"dpo": {"beta": 0.2}}} changes settings from there on.';
  const fields = fieldsOf<RollbackMessage>(input, ['round', 'stage', 'set']);
  const { round, stage, set, reason } = fields ?? {};
  if (!fields || round === undefined || !Number.isInteger(round) || round < 1) return { refusal: example };
  if (set !== undefined && (typeof set !== 'object' || set === null || Array.isArray(set)))
    return { refusal: `"set" must hold settings as in the configuration file. ${example}` };
  if (!plan) return { refusal: 'The run has not begun; there is nothing to go back to.' };
  if (plan.rounds === 0)
    return { refusal: 'An arena has no rounds to go back to. Start it under another id to play it anew.' };
  const target = stage ?? plan.stages[0];
  const steps = allSteps(plan);
  // A round's end is a step, too, but no stage to go back to.
  const known = plan.stages.find((one) => one === target);
  const index = steps.findIndex((step) => step.round === round && step.stage === known);
  if (index < 0)
    return {
      refusal: `There is no stage ${String(target)} in round ${round} of this run (${plan.rounds} rounds of ${plan.stages.join(', ')}). ${example}`,
    };
  const where = `round ${round}, ${String(target)}`;
  if (index > state.finished.length) return { refusal: `There is no going back to ${where}: it has not run yet.` };
  if (state.rolledBack && index === state.finished.length && !set)
    return { refusal: `The run is rolled back to ${where} already and does it next.` };
  // A round's end names the candidate of its last stage once more.
  const trained = state.finished.slice(index).map(({ candidate }) => candidate?.checkpoint);
  const superseded = new Set([...trained, state.candidate].filter((checkpoint) => checkpoint != null)).size;
  return {
    state: {
      ...state,
      attempt: state.attempt + 1,
      finished: state.finished.slice(0, index),
      rolledBack: true,
      cursor: null,
      played: [],
      candidate: null,
      lastProblem: null,
    },
    sentence: `Rolled back to ${where}; ${superseded} checkpoint${superseded === 1 ? '' : 's'} superseded${because(reason)}.`,
    effect: 'roll back',
    reason: reason ?? null,
  };
}

const dollars = (usd: number) => `$${usd.toFixed(2)}`;

function setBudget(plan: RunPlan | null, state: FlywheelState, waiting: Waiting | null, input: unknown): Verdict {
  const fields = fieldsOf<BudgetMessage>(input, ['usd']);
  const { usd, reason } = fields ?? {};
  if (!fields || (usd !== null && !(typeof usd === 'number' && usd > 0 && Number.isFinite(usd))))
    return { refusal: 'setBudget needs an amount, for example {"usd": 50}, or {"usd": null} for no cap.' };
  if (!plan && usd === null)
    return { refusal: 'The configuration, with its cap, is still being checked. Send it again in a moment.' };
  if (usd === state.budgetUsd)
    return { refusal: usd === null ? 'The run has no cap already.' : `The budget is ${dollars(usd)} already.` };
  const spent = waiting?.spentUsd;
  if (spent !== undefined && usd !== null && usd <= spent)
    return {
      refusal: `${dollars(spent)} are spent already: give more than that, for example {"usd": ${Math.ceil(2 * spent)}}.`,
    };
  const released = spent !== undefined;
  return {
    state: { ...state, budgetUsd: usd, ...(released ? { lastProblem: null } : {}) },
    sentence: `${usd === null ? 'The run has no cap now.' : `The budget is ${dollars(usd)} now.`}${released ? ' The run goes on.' : ''}`,
    effect: released ? 'release' : 'none',
    reason: reason ?? null,
    ...(released ? { decision: 'retry' as const } : {}),
  };
}

function decide(state: FlywheelState, waiting: Waiting | null, input: unknown): Verdict {
  const fields = fieldsOf<DecideMessage>(input, ['action']);
  if (!waiting) return { refusal: 'The run waits for no decision.' };
  const action = fields?.action;
  if (action === undefined || !waiting.actions.includes(action))
    return {
      refusal: `decide needs one of ${waiting.actions.map((one) => `{"action": "${one}"}`).join(' ')} here: ${waiting.reason}`,
    };
  return {
    state: { ...state, lastProblem: null },
    sentence: `Decided: ${action}.`,
    effect: 'release',
    decision: action,
    reason: fields?.reason ?? null,
  };
}
