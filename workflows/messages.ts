import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Progress } from './types';

/** What an operator sends. The UI's empty box arrives as undefined. */
export interface PauseMessage {
  mode?: 'drain' | 'now';
  reason?: string;
}
export interface ResumeMessage {
  reason?: string;
}
export interface RollbackMessage {
  round: number;
  stage?: 'sft' | 'dpo' | 'ppo';
  /** Settings that hold from there on, as they stand in the configuration file. */
  set?: Record<string, unknown>;
  reason?: string;
}
export interface BudgetMessage {
  /** Null: no cap. */
  usd: number | null;
  reason?: string;
}
export interface DecideMessage {
  action: Decision;
  reason?: string;
}
export type Decision = 'retry' | 'promote' | 'keep' | 'stop';

export type MessageName = 'pause' | 'resume' | 'rollback' | 'setBudget' | 'decide';
export const MESSAGES: Readonly<Record<MessageName, string>> = {
  pause:
    'Stop starting new work. Empty: what is in flight ends first (drain). Or {"mode": "now", "reason": "…"}: calls are cancelled, training stops at a checkpoint.',
  resume: 'Go on after a pause. No input.',
  rollback:
    'Go back and do a stage again. Input {"round": 1, "stage": "dpo", "reason": "…"}; without a stage the whole round. "set" changes settings from there on: {"round": 1, "stage": "dpo", "set": {"dpo": {"beta": 0.2}}}.',
  setBudget: 'Set the run\'s cap in USD. Input {"usd": 50}; null takes the cap away.',
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
