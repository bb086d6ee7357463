import {
  ActivityCancellationType,
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities } from '../activities';
import type { Decision, MessageName } from './messages';
import { MESSAGES, progressQuery, signals, updates } from './messages';
import { operate, type Waiting } from './operate';
import { renderProgress, stepsOf } from './progress';
import { keptCheckpoints } from './steps';
import type { Continued, FlywheelState, Place, Progress, RatedPlayer, RunPlan, Spend } from './types';

const attributes = {
  round: defineSearchAttributeKey('FlywheelRound', 'INT'),
  stage: defineSearchAttributeKey('FlywheelStage', 'KEYWORD'),
  model: defineSearchAttributeKey('FlywheelModel', 'KEYWORD'),
  rating: defineSearchAttributeKey('FlywheelRating', 'DOUBLE'),
  attention: defineSearchAttributeKey('NeedsAttention', 'BOOL'),
};

/** What only notes something (`note`) is tried until the database is back: what it notes must not be lost. */
type Kind = 'quick' | 'note' | 'resolve' | 'batch' | 'training';

/** A run in progress: its plan and state, its messages, and how its work is paused, parked and shown. */
export type Flow = ReturnType<typeof createFlow>;

/** Sets up the messages at once, so that none is lost; the plan comes with the first activity. */
export function createFlow() {
  let plan: RunPlan | null = null;
  let state: FlywheelState = {
    attempt: 1,
    finished: [],
    paused: null,
    budgetUsd: null,
    cursor: null,
    lastAction: null,
    lastProblem: null,
  };
  let place: Place = { round: 0, stage: 'start', attempt: 1 };
  let waiting: Waiting | null = null;
  let decision: Decision | null = null;
  let scope: CancellationScope | null = null;
  /** The step in progress was cancelled by a message; null scope: there is none. */
  let interrupted = false;
  /** A rollback has abandoned checkpoints, which is not noted in Postgres yet. */
  let abandoned = false;
  const show = {
    step: 'checking the configuration',
    done: 0,
    total: 0,
    since: 0,
    status: 'starting' as Progress['status'],
  };
  let spend: Spend = { calls: 0, failedCalls: 0, tokens: 0, usd: 0 };
  let leaderboard: RatedPlayer[] = [];

  const planned = (): RunPlan => {
    if (!plan) throw new Error('the configuration is not resolved');
    return plan;
  };
  const progress = (): Progress => {
    const seconds = (Date.now() - show.since) / 1000;
    const rate = show.total > 0 && show.done > 0 && seconds > 0 ? show.done / seconds : null;
    return {
      run: workflowInfo().workflowId,
      name: plan?.name ?? '',
      status: waiting ? 'needs attention' : state.paused ? 'paused' : show.status,
      round: place.round,
      rounds: plan?.rounds ?? 0,
      stage: place.stage,
      step: show.step,
      done: show.done,
      total: show.total,
      rate,
      etaSeconds: rate === null ? null : (show.total - show.done) / rate,
      spend,
      budgetUsd: state.budgetUsd,
      steps: stepsOf(state),
      leaderboard,
      lastAction: state.lastAction,
      lastProblem: waiting?.reason ?? state.lastProblem,
      nextAction: waiting
        ? `send decide {"action": "${waiting.actions.join('" | "')}"}`
        : state.paused
          ? 'send resume'
          : 'none needed',
    };
  };
  const refresh = () => setCurrentDetails(renderProgress(progress()));

  function receive(name: MessageName, input: unknown): string {
    const result = operate(plan, state, waiting, name, input);
    if ('refusal' in result) {
      // Only a signal comes this far with a refusal: an update's validator has refused before.
      state = { ...state, lastAction: `${name} refused: ${result.refusal}` };
      refresh();
      return result.refusal;
    }
    state = { ...result.state, lastAction: `${name}: ${result.sentence}` };
    if (result.decision) decision = result.decision;
    if (result.effect === 'roll back') abandoned = true;
    if (scope && (result.effect === 'roll back' || result.effect === 'interrupt')) {
      interrupted = true;
      scope.cancel();
    }
    refresh();
    return result.sentence;
  }

  for (const name of Object.keys(MESSAGES) as MessageName[]) {
    const description = MESSAGES[name];
    setHandler(signals[name], (input) => void receive(name, input), { description });
    setHandler(updates[name], (input) => receive(name, input), {
      description,
      validator: (input) => {
        const result = operate(plan, state, waiting, name, input);
        if ('refusal' in result) throw ApplicationFailure.nonRetryable(result.refusal, 'Refused');
      },
    });
  }
  setHandler(progressQuery, progress, { description: 'Where the run stands: round, stage, rate, cost, ratings' });
  refresh();

  const options = (kind: Kind): ActivityOptions => {
    const { batchSeconds, trainingSeconds } = plan?.heartbeat ?? { batchSeconds: 10, trainingSeconds: 60 };
    // What heartbeats learns of a cancellation within seconds; waiting for its end, nothing that follows overlaps it.
    const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
    const retry = { initialInterval: '1s', maximumInterval: '30s', backoffCoefficient: 2 } as const;
    if (kind === 'batch')
      return {
        startToCloseTimeout: '12h',
        heartbeatTimeout: batchSeconds * 1000,
        cancellationType,
        retry: { ...retry, maximumAttempts: 20 },
      };
    if (kind === 'training')
      return {
        startToCloseTimeout: '60d',
        heartbeatTimeout: trainingSeconds * 1000,
        cancellationType,
        retry: { ...retry, maximumAttempts: 5 },
      };
    if (kind === 'resolve')
      return { startToCloseTimeout: '2h', heartbeatTimeout: '60s', retry: { ...retry, maximumAttempts: 5 } };
    if (kind === 'note') return { startToCloseTimeout: '2m', heartbeatTimeout: batchSeconds * 1000, retry };
    return {
      startToCloseTimeout: '15m',
      // As long as for training: a fit of many battles may hold the worker's thread for some seconds.
      heartbeatTimeout: trainingSeconds * 1000,
      retry: { ...retry, maximumAttempts: 8 },
    };
  };

  const flow = {
    plan: planned,
    state: () => state,
    place: () => place,

    /** Activities with the time-outs of their kind; the summary stands in the UI's timeline. */
    run: (kind: Kind, summary: string): ActivityInterfaceFor<Activities> =>
      proxyActivities<Activities>({ ...options(kind), summary: summary.slice(0, 190) }),

    /** Takes over the plan and the state, keeping what operators said meanwhile. */
    begin(resolved: Continued): void {
      plan = resolved.plan;
      state = {
        ...resolved.state,
        paused: state.paused ?? resolved.state.paused,
        budgetUsd: state.budgetUsd ?? resolved.state.budgetUsd,
        lastAction: state.lastAction ?? resolved.state.lastAction,
      };
      show.status = 'running';
      flow.rate(null, []);
    },

    update(change: Partial<FlywheelState>): void {
      state = { ...state, ...change };
      refresh();
    },

    /** Says where the run is; the search attributes follow. */
    enter(next: Place): void {
      place = next;
      upsertSearchAttributes([
        { key: attributes.round, value: next.round },
        { key: attributes.stage, value: next.stage },
        { key: attributes.attention, value: false },
      ]);
      flow.say(next.stage === 'round' ? 'ending the round' : `beginning ${next.stage}`);
    },

    /** Says what happens now, and of how many battles. */
    say(step: string, done = 0, total = 0): void {
      Object.assign(show, { step, done, total, since: Date.now() });
      refresh();
    },

    advance({ battles, calls, usd }: { battles: number; calls: number; usd: number }): void {
      show.done += battles;
      spend = { ...spend, calls: spend.calls + calls, usd: spend.usd + usd };
      refresh();
    },

    bill(total: Spend): void {
      spend = total;
      refresh();
    },

    rate(model: { label: string; rating: number } | null, table: RatedPlayer[]): void {
      if (table.length > 0) leaderboard = table;
      if (model)
        upsertSearchAttributes([
          { key: attributes.model, value: model.label },
          { key: attributes.rating, value: model.rating },
        ]);
      refresh();
    },

    leaderboard: () => leaderboard,

    finish(): void {
      Object.assign(show, { status: 'done', step: 'complete', done: 0, total: 0 });
      refresh();
    },

    /** Settles when the run is not paused. */
    async untilRunning(): Promise<void> {
      if (state.paused) await condition(() => state.paused === null);
    },

    /** Settles when a next step may begin: a rollback is noted at once, also while the run is paused, and not lost with it. */
    async untilReady(): Promise<void> {
      for (;;) {
        if (abandoned) await noteRollback();
        else if (state.paused) await condition(() => state.paused === null || abandoned);
        else return;
      }
    },

    /**
     * Runs a step so that "pause now" and rollback can cancel its work. Returns false when it was interrupted: the state
     * says then what comes next, and all that had been done is stored.
     */
    async interruptible(step: () => Promise<void>): Promise<boolean> {
      const current = new CancellationScope();
      scope = current;
      try {
        await current.run(step);
        return true;
      } catch (error) {
        if (!isCancellation(error) || !interrupted) throw error;
        return false;
      } finally {
        scope = null;
        interrupted = false;
      }
    },

    /** Parks the run until an operator decides. */
    async park(reason: string, actions: readonly Decision[]): Promise<Decision> {
      waiting = { reason, actions };
      decision = null;
      upsertSearchAttributes([{ key: attributes.attention, value: true }]);
      refresh();
      try {
        await flow
          .run('note', 'note that the run needs attention')
          .recordEvent({ run: planned().run, kind: 'attention', sentence: reason });
        await condition(() => decision !== null);
      } finally {
        waiting = null;
        upsertSearchAttributes([{ key: attributes.attention, value: false }]);
        refresh();
      }
      const decided = decision as Decision | null;
      if (decided === 'stop') throw ApplicationFailure.nonRetryable(`Stopped by the operator: ${reason}`, 'Stopped');
      return decided ?? 'retry';
    },

    /** Does something that may fail for good; then the run parks with the reason, and tries again when it is told to. */
    async persist<T>(what: string, body: () => Promise<T>): Promise<T> {
      for (;;) {
        try {
          return await body();
        } catch (error) {
          if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
          await flow.park(`${what}: ${causeOf(error)}`, ['retry', 'stop']);
        }
      }
    },

    /** Goes on in a new history with the same state, once no message is being handled. */
    async renew(): Promise<never> {
      while (abandoned) await noteRollback();
      await condition(allHandlersFinished);
      return continueAsNew({ continued: { plan: planned(), state } });
    },
  };
  return flow;

  async function noteRollback(): Promise<void> {
    abandoned = false;
    const { run } = planned();
    await flow.run('note', 'mark the abandoned checkpoints').supersede({ run, kept: keptCheckpoints(state) });
    flow.bill(await flow.run('note', 'keep the state').keepState({ run, state, status: 'running' }));
  }
}

/** The innermost message of a failure: what really happened, without Temporal's wrapping. */
export function causeOf(error: unknown): string {
  let inner = error as { message?: string; cause?: unknown };
  while (inner.cause) inner = inner.cause;
  return inner.message ?? String(error);
}
