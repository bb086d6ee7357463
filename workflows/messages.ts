import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Progress } from './types';

/** What an operator sends. The UI's empty box arrives as undefined. */
export interface PauseMessage {
  mode?: 'drain' | 'now';
  reason?: string;
}
export interface RollbackMessage {
  round: number;
  stage?: 'sft' | 'dpo' | 'ppo';
  reason?: string;
}
export interface BudgetMessage {
  usd: number;
}
export interface DecideMessage {
  action: Decision;
}
export type Decision = 'retry' | 'promote' | 'keep' | 'stop';

export type MessageName = 'pause' | 'resume' | 'rollback' | 'setBudget' | 'decide';
export const MESSAGES: Readonly<Record<MessageName, string>> = {
  pause:
    'Stop starting new work. Empty: what is in flight ends first (drain). Or {"mode": "now", "reason": "…"}: calls are cancelled, training stops at a checkpoint.',
  resume: 'Go on after a pause. No input.',
  rollback:
    'Go back and do a stage again. Input {"round": 1, "stage": "dpo", "reason": "…"}; without a stage the whole round.',
  setBudget: 'Set the run\'s cap in USD. Input {"usd": 50}',
  decide: 'Answer a run that needs attention. Input {"action": "retry"}, or "promote", "keep", "stop".',
};

/** Each message as an update (the answer is a sentence) and as a signal of the same name. */
export const updates = Object.fromEntries(
  Object.keys(MESSAGES).map((name) => [name, defineUpdate<string, [unknown]>(name)]),
) as Record<MessageName, ReturnType<typeof defineUpdate<string, [unknown]>>>;
export const signals = Object.fromEntries(
  Object.keys(MESSAGES).map((name) => [name, defineSignal<[unknown]>(name)]),
) as Record<MessageName, ReturnType<typeof defineSignal<[unknown]>>>;

export const progressQuery = defineQuery<Progress>('progress');
