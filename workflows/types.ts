/**
 * What travels between workflows and activities: plain JSON, references and counts only. Everything else lives in
 * Postgres under the ids that stand here.
 */

import type { RollbackMessage } from './messages';

export type StageName = 'sft' | 'dpo' | 'ppo';

/** A place in a run, as ids and paths spell it: round 0 has the stage `start`, a round's own gate the stage `round`. */
export interface Place {
  round: number;
  stage: StageName | 'start' | 'round';
  /** Counts once per run and grows with each rollback; it stands in every path and id. */
  attempt: number;
}

/** Type of the failure of a call that the run's cap does not allow; its detail is what the run has spent in USD. */
export const BUDGET_REACHED = 'BudgetReached';

/** Type of the failure that tells the user what to mend. */
export const FOR_USER = 'UserError';

/** Type of the failure of an activity whose task queue no worker serves. */
export const NOBODY_SERVES = 'NobodyServes';

/** What a run is started with; every field may be left out, and `{}` runs the worker's default configuration. */
export interface FlywheelInput {
  /** A configuration (an object as in the YAML file); the worker's default where absent. */
  config?: unknown;
  /** More rounds, or fewer, than the configuration says. */
  rounds?: number;
  pauseAfter?: 'stage' | 'round' | null;
  /** Go back before going on: for a run that was closed. */
  rollback?: RollbackMessage;
  /** Carried by continue-as-new; ignored in a run that was not continued (the UI's form copies it). */
  continued?: Continued;
}

export interface Continued {
  plan: RunPlan;
  state: FlywheelState;
  /** What is shown until the next step tells it anew. */
  spend?: Spend;
  leaderboard?: RatedPlayer[];
}

/** The little of the configuration that the workflow itself decides by. */
export interface RunPlan {
  run: string;
  /** Version of the configuration: grows with each change. */
  version: number;
  name: string;
  rounds: number;
  stages: StageName[];
  pauseAfter: 'stage' | 'round' | null;
  /** Share of an arena's battles whose failure stops it for a decision. */
  maxFailedShare: number;
  heartbeat: { batchSeconds: number; trainingSeconds: number; queueSeconds?: number };
  /** Servers that only their own host reaches answer in this run's battles, which are played there. */
  battlesOnHost?: boolean;
  evaluation: { after: 'round' | 'stage'; dataJudge: boolean; ownJudge: boolean; adaptive: boolean };
  competitors: { id: string; joins: number }[];
  /** Prompts that each gate draws from the reserve. */
  gatePrompts: number;
  /** Which slices' battles train the reward model. */
  rewardPairs: 'stage' | 'dpo-and-ppo';
  /** False in an arena of competitors only. */
  hasTarget: boolean;
  /** Round 0 trains SFT-I0 on rows that the configuration names. */
  trainsStart: boolean;
  sftInit: 'I0' | 'previous';
  minRewardAccuracy: number;
  /** The user has benchmarks of their own (evaluation.commands). */
  benchmarks: boolean;
  /** A rejected candidate is the operator's to decide. */
  askOnReject: boolean;
}

/** A model of ours, by its checkpoint id (`run/r1-sft-a1`) and the short label that people read (`r1-sft-a1`). */
export interface ModelRef {
  checkpoint: string;
  label: string;
}

export type Interval = { rating: number; lower: number | null; upper: number | null };

/** What a gate found; `mean` is the candidate's mean game score, a tie counting half. */
export interface GateResult {
  candidate: string;
  opponent: string;
  mean: number;
  lower: number;
  upper: number;
  prompts: number;
  /** Prompts that it took from the reserve, whether they could be judged or not. */
  drawn?: number;
  decision: 'promote' | 'keep' | 'ask';
  sentence: string;
  /** The operator has decided; absent where the rule did. */
  settled?: true;
}

/** A finished step of a run: the start, a stage, or a round's end. The list of these is the run's memory. */
export interface FinishedStep extends Place {
  decision: 'promote' | 'keep' | 'none';
  /** The model that is used from here on. */
  model: ModelRef;
  /** The model that the step made; the same as `model` where it was promoted. */
  candidate: ModelRef | null;
  gate: GateResult | null;
  /** Datasets that later rounds accumulate, by kind. */
  datasets: Record<string, string>;
  /** Evaluation arena by judge, where this step was evaluated, and the names of all who took part. */
  evaluation: { arenas: { evaluation: string; data?: string }; players: string[] } | null;
  battles: number;
  rows: number;
  seconds: number;
  /** Of the candidate, by the evaluation judge and (where asked) the data judge. */
  rating: Interval | null;
  dataRating: Interval | null;
  /** What the user's benchmarks found, by command and path; absent where there are none. */
  benchmarks?: Record<string, number>;
}

export interface Pause {
  mode: 'drain' | 'now';
  reason: string;
}

export interface FlywheelState {
  attempt: number;
  finished: FinishedStep[];
  paused: Pause | null;
  budgetUsd: number | null;
  /** A rollback has been taken over, and its step has not begun yet. */
  rolledBack: boolean;
  /** Arena in progress, its phase, and the position before which all is played; saves a walk after continue-as-new. */
  cursor: { arena: string; phase?: number; position: number } | null;
  /** Arenas that the step in progress has played to their end. */
  played?: string[];
  /** Checkpoint that the step in progress has trained. */
  candidate?: string | null;
  /** What the operator goes on with although it is not as asked: weak reward models (checkpoints), arenas with unreadable verdicts. */
  accepted?: string[];
  lastAction: string | null;
  lastProblem: string | null;
}

/** What an operator did, as it is noted among the run's events. */
export interface OperatorAction {
  /** Tells one action from another, however often it is noted. */
  key: string;
  name: string;
  input: unknown;
  /** What was done, and why, where the operator said it. */
  sentence: string;
  reason: string | null;
  via: 'update' | 'signal' | 'start';
  /** The update's id; null for the others. */
  update: string | null;
  /** Events of the workflow's history before it was handled: near them stands who sent it. */
  after: number;
}

export interface PlannedArena {
  arena: string;
  battles: number;
  /** Battles in one batch: whole prompts only. */
  batch: number;
  /** Batches in flight: enough that no endpoint of this arena waits for work. */
  window?: number;
  /** Players whose answers are asked for one after the other before anything is judged; none: answers stream into games. */
  phases?: { player: string; name: string }[];
}

export interface BatchResult {
  battles: number;
  failed: number;
  calls: number;
  usd: number;
}

export interface ArenaReport {
  battles: number;
  counts: Record<string, number>;
  /** A sentence when the share of failed or invalid battles is above the configured one. */
  problem: string | null;
  /** The operator may go on without these battles. */
  maySkip?: boolean;
}

export interface TrainedModel {
  checkpoint: ModelRef;
  seconds: number;
  metrics: Record<string, number>;
}

export interface RatedPlayer extends Interval {
  player: string;
}

export interface Spend {
  calls: number;
  failedCalls: number;
  tokens: number;
  usd: number;
}

/** What `query progress` answers. */
export interface Progress {
  run: string;
  name: string;
  status: 'starting' | 'running' | 'paused' | 'needs attention' | 'done';
  round: number;
  rounds: number;
  stage: string;
  /** What happens now, in words. */
  step: string;
  done: number;
  total: number;
  /** Battles per second of the arena in progress, and the seconds that it still needs. */
  rate: number | null;
  etaSeconds: number | null;
  spend: Spend;
  budgetUsd: number | null;
  steps: {
    label: string;
    decision: string;
    rating: Interval | null;
    dataRating: Interval | null;
    gate: string | null;
    /** Absent where the user has no benchmarks. */
    benchmarks?: Record<string, number>;
  }[];
  leaderboard: RatedPlayer[];
  lastAction: string | null;
  lastProblem: string | null;
  nextAction: string;
}
