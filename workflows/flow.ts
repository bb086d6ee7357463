import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  currentUpdateInfo,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { createDispatch } from './dispatch';
import { causeOf, refused, spentBy } from './failures';
import { createInOrder } from './in-order';
import type { Decision, MessageName, RollbackMessage } from './messages';
import { MESSAGES, progressQuery, signals, updates } from './messages';
import { operate, type Operated, type Waiting } from './operate';
import { renderProgress, stepsOf } from './progress';
import { patched } from './patches';
import { freshState, keptCheckpoints } from './steps';
import type {
  Continued,
  FlywheelInput,
  FlywheelState,
  OperatorAction,
  Place,
  Progress,
  RatedPlayer,
  RunPlan,
  Spend,
} from './types';

const attributes = {
  round: defineSearchAttributeKey('FlywheelRound', 'INT'),
  stage: defineSearchAttributeKey('FlywheelStage', 'KEYWORD'),
  model: defineSearchAttributeKey('FlywheelModel', 'KEYWORD'),
  rating: defineSearchAttributeKey('FlywheelRating', 'DOUBLE'),
  attention: defineSearchAttributeKey('NeedsAttention', 'BOOL'),
};

/** A run in progress: its plan and state, its messages, and how its work is paused, parked and shown. */
export type Flow = ReturnType<typeof createFlow>;

/**
 * Sets up the messages at once, so that none is lost. What continue-as-new carried is there before the first of them; in
 * another run the plan comes with the first activity.
 */
export function createFlow(carried: Continued | null, given: FlywheelInput = {}) {
  let plan = carried?.plan ?? null;
  let state = carried?.state ?? freshState(null);
  let place: Place = { round: 0, stage: 'start', attempt: 1 };
  let waiting: Waiting | null = null;
  let decision: Decision | null = null;
  let scope: CancellationScope | null = null;
  /** The step in progress was cancelled by a message; null scope: there is none. */
  let interrupted = false;
  /** New settings of a rollback are being checked. */
  let checking = false;
  /** What operators did before the run was entered in Postgres. */
  const early: (() => void)[] = [];
  const notes = createInOrder();
  let signalsSeen = 0;
  const show = {
    step: 'checking the configuration',
    done: 0,
    total: 0,
    since: 0,
    status: (carried ? 'running' : 'starting') as Progress['status'],
  };
  let spend: Spend = carried?.spend ?? { calls: 0, failedCalls: 0, tokens: 0, usd: 0 };
  let leaderboard: RatedPlayer[] = carried?.leaderboard ?? [];

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
        ? `send ${waiting.spentUsd === undefined ? '' : `setBudget {"usd": ${Math.ceil(2 * waiting.spentUsd)}}, or `}decide {"action": "${waiting.actions.join('" | "')}"}`
        : state.paused
          ? 'send resume'
          : 'none needed',
    };
  };
  const refresh = () => setCurrentDetails(renderProgress(progress()));

  const ask = (name: MessageName, input: unknown): ReturnType<typeof operate> =>
    checking && name === 'rollback'
      ? { refusal: 'The new settings of a rollback are being checked; wait for its answer.' }
      : operate(plan, state, waiting, name, input);

  function allowed(name: MessageName, input: unknown): Operated {
    const result = ask(name, input);
    if ('refusal' in result) throw refused(result.refusal);
    return result;
  }

  /** Does what a message asks, and returns the sentence that says what was done. @throws its refusal. */
  async function receive(name: MessageName, input: unknown): Promise<string> {
    const update = currentUpdateInfo()?.id ?? null;
    const { runId, historyLength } = workflowInfo();
    const key = `${runId}/${update ?? `signal-${++signalsSeen}`}`;
    const via = update === null ? ('signal' as const) : ('update' as const);
    const sent = { key, name, input, via, update, after: historyLength };
    const result = allowed(name, input);
    const set = name === 'rollback' ? (input as RollbackMessage).set : undefined;
    if (set === undefined) return take(result, sent);
    const revised = await checkSettings(input as RollbackMessage);
    // Meanwhile the run has gone on.
    const now = allowed(name, input);
    plan = revised;
    return take(now, sent);
  }

  /** Before anything is cancelled: the plan with the new settings. @throws what is wrong with them. */
  async function checkSettings(message: RollbackMessage): Promise<RunPlan> {
    checking = true;
    try {
      return await flow.revise(planned(), message);
    } catch (error) {
      throw error instanceof ActivityFailure && !isCancellation(error) ? refused(causeOf(error)) : error;
    } finally {
      checking = false;
    }
  }

  function take(result: Operated, sent: Omit<OperatorAction, 'sentence' | 'reason'>): string {
    const { sentence, reason } = result;
    state = { ...result.state, lastAction: `${sent.name}: ${sentence}` };
    if (result.decision) {
      decision = result.decision;
      waiting = null;
    }
    if (scope && (result.effect === 'roll back' || result.effect === 'interrupt')) {
      interrupted = true;
      scope.cancel();
    }
    note({ ...sent, input: sent.input ?? null, sentence, reason });
    refresh();
    return sentence;
  }

  /** Enters an action among the run's events, with the state that it left and all that follows from it, in its turn. */
  function note(action: OperatorAction): void {
    const version = plan?.version ?? 0;
    const write = () =>
      void notes.do(async () => {
        const request = { run: planned().run, action, state, kept: keptCheckpoints(state), version };
        flow.bill(await flow.run('note', `note: ${action.name}`).noteAction(request));
      });
    if (plan) write();
    else early.push(write);
  }

  const flow = {
    plan: planned,
    state: () => state,
    place: () => place,

    run: createDispatch(() => plan, queueSecondsAsked(given)),

    /** The plan with what a rollback sets; its failure says what is wrong with that. */
    async revise(before: RunPlan, { round, stage = before.stages[0], set }: RollbackMessage): Promise<RunPlan> {
      if (set === undefined) return before;
      const { run, version } = before;
      return flow
        .run('resolve', 'check the new settings')
        .checkSettings({ run, version, place: { round, stage }, set });
    },

    /** Takes over the plan and the state, keeping what operators said meanwhile. */
    begin(resolved: Continued): void {
      plan = resolved.plan;
      state = {
        ...resolved.state,
        paused: state.paused ?? resolved.state.paused,
        budgetUsd: state.budgetUsd ?? resolved.state.budgetUsd,
        lastAction: state.lastAction ?? resolved.state.lastAction,
        // What failed in them is played again.
        played: [],
      };
      show.status = 'running';
      spend = resolved.spend ?? spend;
      flow.rate(null, resolved.leaderboard ?? []);
      for (const write of early.splice(0)) write();
    },

    update(change: Partial<FlywheelState>): void {
      state = { ...state, ...change };
      refresh();
    },

    /** Whether the operator goes on with a checkpoint or an arena although it is not as asked: a step that is done again does not ask again. */
    hasAccepted: (id: string): boolean => state.accepted?.includes(id) ?? false,

    accept: (id: string): void => flow.update({ accepted: [...(state.accepted ?? []), id] }),

    /** Says where the run is; the search attributes follow. */
    enter(next: Place): void {
      place = next;
      state = { ...state, rolledBack: false, candidate: null };
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

    /** Keeps the state in Postgres, so that a closed run can go on from there. */
    keep: (status: 'running' | 'cancelled' | 'done'): Promise<void> =>
      notes.do(async () => {
        const { run } = planned();
        flow.bill(await flow.run('note', 'keep the state').keepState({ run, state, status }));
      }),

    /** Settles when all messages are answered and all that they did is noted. */
    async settled(): Promise<void> {
      do {
        await notes.idle();
        await condition(allHandlersFinished);
      } while (notes.busy());
    },

    /** Says that the run is complete. */
    finish(): void {
      Object.assign(show, { status: 'done', step: 'complete', done: 0, total: 0 });
      if (patched('stage-done')) upsertSearchAttributes([{ key: attributes.stage, value: 'done' }]);
      refresh();
    },

    /** Settles when the run is not paused. */
    async untilRunning(): Promise<void> {
      if (state.paused) await condition(() => state.paused === null);
    },

    /** Settles when a next step may begin: what operators did is noted, and the run is not paused. */
    async untilReady(): Promise<void> {
      do {
        await flow.untilRunning();
        await flow.settled();
      } while (state.paused !== null);
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

    /** Parks the run until an operator decides. @param spentUsd what it has spent, where it waits for money. */
    async park(reason: string, actions: readonly Decision[], spentUsd?: number): Promise<Decision> {
      waiting = { reason, actions, ...(spentUsd === undefined ? {} : { spentUsd }) };
      decision = null;
      upsertSearchAttributes([{ key: attributes.attention, value: true }]);
      refresh();
      try {
        // Before the first activity has ended there is no run in Postgres.
        if (plan)
          await flow
            .run('note', 'note that the run needs attention')
            .recordEvent({ run: plan.run, kind: 'attention', sentence: reason });
        await condition(() => decision !== null);
        // A raised cap stands in Postgres before the next call asks for it.
        await notes.idle();
      } finally {
        waiting = null;
        upsertSearchAttributes([{ key: attributes.attention, value: false }]);
        refresh();
      }
      const decided = decision as Decision | null;
      if (decided === 'stop') throw ApplicationFailure.nonRetryable(`Stopped by the operator: ${reason}`, 'Stopped');
      return decided ?? 'retry';
    },

    /** Parks the run because of a failure; what money ran out for goes on with a higher cap. */
    parkFor: (what: string, failure: unknown): Promise<Decision> =>
      flow.park(`${what}: ${causeOf(failure)}`, ['retry', 'stop'], spentBy(failure)),

    /** Does something that may fail for good; then the run parks with the reason, and tries again when it is told to. */
    async persist<T>(what: string, body: () => Promise<T>): Promise<T> {
      for (;;) {
        try {
          return await body();
        } catch (error) {
          if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
          await flow.parkFor(what, error);
          // Decided, and yet paused: then it is done when the run goes on.
          await flow.untilRunning();
        }
      }
    },

    /** Goes on in a new history with the same state, once no message is being handled. */
    async renew(): Promise<never> {
      await flow.settled();
      return continueAsNew({ continued: { plan: planned(), state, spend, leaderboard } });
    },
  };

  for (const name of Object.keys(MESSAGES) as MessageName[]) {
    const description = MESSAGES[name];
    const onSignal = async (input: unknown) => {
      try {
        await receive(name, input);
      } catch (error) {
        // Nobody waits for a signal's answer: it stands in the details. A run that is cancelled ends in its own way.
        if (!(error instanceof ApplicationFailure) && !isCancellation(error)) throw error;
        state = { ...state, lastAction: `${name} refused: ${causeOf(error)}` };
        refresh();
      }
    };
    setHandler(signals[name], onSignal, { description });
    setHandler(updates[name], (input) => receive(name, input), {
      description,
      validator: (input) => void allowed(name, input),
    });
  }
  setHandler(progressQuery, progress, { description: 'Where the run stands: round, stage, rate, cost, ratings' });
  refresh();
  return flow;
}

/** What the configuration of the input says, which the first activity has not checked yet. */
function queueSecondsAsked({ config }: FlywheelInput): number | undefined {
  const seconds = (config as { heartbeat?: { queueSeconds?: unknown } } | null | undefined)?.heartbeat?.queueSeconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
}
