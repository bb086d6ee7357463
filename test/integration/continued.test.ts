import { setTimeout as sleep } from 'node:timers/promises';
import type { temporal } from '@temporalio/proto';
import type { BatchRequest } from '../../activities/play';
import { executionsOf } from '../../chaos/executions';
import { configVersions } from '../../src/store/run-configs';
import { signals } from '../../workflows/messages';
import type { FlywheelInput } from '../../workflows/types';
import { total } from '../support/calls';
import {
  holdingBack,
  operatedRuns,
  paused,
  progress,
  refusal,
  send,
  when,
  type OperatedRuns,
} from '../support/operated';
import { until } from '../support/until';

/** Events of a history at which this server says that a run should go on in a new one (by itself: 4096). */
const LONG = 60;

let runs: OperatedRuns;

beforeAll(async () => {
  runs = await operatedRuns('continued', { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': LONG } });
});

afterAll(() => runs?.stop());

/** The configuration with batches so small that an arena is longer than a history may be, and games of its own. */
const inSmallBatches = (revision: string) => ({
  ...runs.config,
  judge: { ...runs.config.judge, revision },
  arena: { batch: 6, window: 2 },
});

/** The one argument of what an event began. */
const inputOf = (event?: { input?: temporal.api.common.v1.IPayloads | null } | null): unknown =>
  JSON.parse(Buffer.from(event?.input?.payloads?.[0]?.data ?? []).toString());

/** What the executions of a run were given. */
async function inputsOf(run: string, first: string): Promise<FlywheelInput[]> {
  const found: FlywheelInput[] = [];
  for await (const { history } of executionsOf(runs.servers.client, run, first)) {
    found.push(inputOf(history.events?.[0]?.workflowExecutionStartedEventAttributes) as FlywheelInput);
  }
  return found;
}

/** Calls that the endpoint has seen and no row stands for. */
async function unstored(): Promise<number> {
  const { rows } = await runs.servers.pool.query<{ n: number }>(
    `select (select count(*) from answers)::int + (select count(*) from games)::int
          + (select count(*) from ledger where purpose = 'canary' and error is null)::int as n`,
  );
  const sent = total(runs.sandbox.stats().calls);
  return sent - (rows[0]?.n ?? 0);
}

describe('a run that goes on in new histories, in the middle of its arenas', () => {
  it('takes every message that comes around them, once and in its order, and buys nothing twice', async () => {
    const run = 'continued';
    // So slow that messages come in every one of the histories.
    await runs.fault('slow', {}, { seconds: 0.2 });
    const handle = await runs.start(run, { config: inSmallBatches('a') }, 'arena');
    let isOver = false;
    const result = handle.result().finally(() => (isOver = true));
    const sent: string[] = [];
    const noted = async () =>
      (await runs.actions(run))
        .filter(({ kind }) => kind === 'setBudget')
        .map(({ detail }) => (detail as { reason: string }).reason);
    for (let number = 1; !isOver; number++) {
      const message = { usd: 1000 + number, reason: `message ${number}` };
      const isTaken = await (
        number % 2 === 0 ? send(handle, 'setBudget', message) : handle.signal(signals.setBudget, message)
      ).then(
        () => true,
        async (error: unknown) => {
          // A run that is complete takes no more; any other refusal is a message lost.
          if ((await handle.describe()).status.name !== 'COMPLETED') throw error;
          return false;
        },
      );
      if (!isTaken) break;
      sent.push(message.reason);
      // Not faster than they are noted, however long that takes: a run that is never at rest does not go on in a new history.
      await until(noted, (reasons) => isOver || reasons.length > sent.length - 3);
      await sleep(200);
    }
    await result;
    await runs.noFaults();

    const inputs = await inputsOf(run, handle.firstExecutionRunId);
    const positions = inputs.flatMap(({ continued }) => continued?.state.cursor?.position ?? []);
    expect(positions.filter((position) => position > 0).length).toBeGreaterThan(1);
    // None of them begins the arena anew.
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(await noted()).toEqual(sent);
    expect((await progress(handle)).budgetUsd).toBe(1000 + sent.length);

    expect(await unstored()).toBe(0);
    const { rows } = await runs.servers.pool.query<{ open: number; missing: number }>(
      `select (select count(*) from battles where outcome is null or outcome = 'failed')::int as open,
              (select sum(size - (select count(*) from battles where arena = arenas.id)) from arenas)::int as missing`,
    );
    expect(rows[0]).toEqual({ open: 0, missing: 0 });
  });

  it('goes on in the later arenas of a step, and walks the earlier ones no more', async () => {
    const run = 'round';
    const config = { ...inSmallBatches('c'), evaluation: { ...runs.config.evaluation, dataJudge: true } };
    const handle = await runs.start(run, { config });
    await handle.result();
    const asked: string[] = [];
    for await (const { history } of executionsOf(runs.servers.client, run, handle.firstExecutionRunId))
      for (const { activityTaskScheduledEventAttributes: scheduled } of history.events ?? [])
        if (scheduled?.activityType?.name === 'playBatch') {
          const { arena, from } = inputOf(scheduled) as BatchRequest;
          asked.push(`${arena} from ${from}`);
        }
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((one, at) => asked.indexOf(one) !== at)).toEqual([]);
  });

  it('waits for a rollback whose settings are being checked, and loses neither it nor what comes meanwhile', async () => {
    const run = 'waiting';
    // The judge of the stage's battles is so slow that they are found under way.
    await runs.fault('slow', { model: 'data-judge' }, { seconds: 0.5 });
    const handle = await runs.start(run, {
      config: { ...inSmallBatches('b'), arena: { batch: 3, window: 2 }, rounds: 1 },
    });
    await when(handle, ({ step }) => step.startsWith('playing sft battles'));
    // The history is still short enough that the message finds battles under way, and they the end of it.
    await until(
      () => handle.describe(),
      ({ historyLength, raw: { pendingActivities } }) =>
        historyLength < LONG / 2 &&
        pendingActivities?.some(({ activityType }) => activityType?.name === 'playBatch') === true,
    );
    const set = { sft: { learningRate: 2e-3 } };
    const { answer, waited } = await holdingBack(runs.servers.pool, 'judges', async () => {
      const promised = send(handle, 'rollback', { round: 1, stage: 'sft', set, reason: 'too timid' });
      promised.catch(() => undefined);
      // The window is drained for the next history; only the check is under way.
      const { runId } = await until(
        () => handle.describe(),
        ({ historyLength, raw: { pendingActivities } }) =>
          historyLength > LONG &&
          pendingActivities?.length === 1 &&
          pendingActivities[0]?.activityType?.name === 'checkSettings',
      );
      const now = await progress(handle);
      expect(now.step).toContain('playing sft battles');
      expect(now.done).toBeLessThan(now.total);
      expect(await send(handle, 'pause', { reason: 'meanwhile' })).toContain('Pausing');
      expect(await refusal(handle, 'pause')).toContain('paused already (meanwhile)');
      expect(await send(handle, 'setBudget', { usd: 700 })).toBe('The budget is $700.00 now.');
      expect((await handle.describe()).runId).toBe(runId);
      return { answer: promised, waited: runId };
    });
    expect(await answer).toBe('Rolled back to round 1, sft; 0 checkpoints superseded (too timid).');
    const { budgetUsd, steps } = await when(handle, paused);
    expect([budgetUsd, steps.map(({ label }) => label)]).toEqual([700, ['I0']]);
    await runs.noFaults();

    expect(await send(handle, 'resume')).toBe('Resumed.');
    await until(
      async () => (await handle.describe()).runId,
      (runId) => runId !== waited,
    );
    const { rows } = await runs.servers.pool.query<{ id: string; superseded: boolean }>(
      `select id, superseded from arenas where run = $1 and purpose = 'training' order by id`,
      [run],
    );
    expect(rows).toEqual([
      { id: `${run}/r1-sft-a1/training`, superseded: true },
      { id: `${run}/r1-sft-a2/training`, superseded: false },
    ]);
    expect((await configVersions(runs.servers.pool, run)).map(({ change }) => change)).toEqual([null, set]);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    const noted = (await runs.actions(run)).filter(({ detail }) => 'via' in (detail as object));
    expect(noted.map(({ kind }) => kind)).toEqual(['pause', 'setBudget', 'rollback', 'resume']);
  });
});
