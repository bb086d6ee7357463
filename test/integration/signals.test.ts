import { join } from 'node:path';
import { readJson } from '../../src/files';
import { checkpointsOf, datasetsOf } from '../../src/store/artifacts';
import { loadRun } from '../../src/store/runs';
import type { Job } from '../../src/training/job';
import { signals, type MessageName } from '../../workflows/messages';
import type { FlywheelState } from '../../workflows/types';
import {
  attention,
  dear,
  finished,
  holdingBack,
  operatedRuns,
  paused,
  progress,
  refusal,
  send,
  signalled,
  when,
  type OperatedRuns,
} from '../support/operated';
import { until } from '../support/until';

/** Messages as an operator sends them from the UI's Signal button, and messages at moments when nobody expects them. */
let runs: OperatedRuns;
let judge: OperatedRuns['config']['judge'];

beforeAll(async () => {
  runs = await operatedRuns('signals');
  ({ judge } = runs.config);
});

afterAll(() => runs?.stop());

const capOf = async (run: string) => {
  const { rows } = await runs.servers.pool.query<{ usd: number | null }>(
    'select cap_usd as usd from spends where run = $1',
    [run],
  );
  return rows[0]?.usd;
};
const job = (run: string, label: string) => readJson<Job>(join(runs.servers.paths.artifacts, run, label, 'job.json'));

describe('a signal', () => {
  it('does what the update of its name does, or says in the details why not, and is noted with who and why', async () => {
    const run = 'signalled';
    const handle = await runs.start(run, {
      config: { ...runs.config, rounds: 2, judge: dear(judge), budget: { usd: 20 } },
    });
    const say = (name: MessageName, input?: unknown) => signalled(handle, name, input);

    await when(handle, attention);
    expect(await say('setBudget')).toMatch(/^setBudget refused: .*\{"usd": 50\}/);
    expect(await say('setBudget', { usd: 15 })).toMatch(/^setBudget refused: \$2\d\.\d\d are spent already/);
    expect(await say('decide', { action: 'promote' })).toMatch(/^decide refused: .*\{"action": "retry"\}/);
    expect((await progress(handle)).status).toBe('needs attention');
    await runs.fault('401', { model: 'evaluation-judge' });
    expect(await say('setBudget', { usd: 5000, reason: 'approved' })).toBe(
      'setBudget: The budget is $5000.00 now. The run goes on.',
    );

    const { lastProblem, budgetUsd } = await when(handle, attention);
    expect(lastProblem).toContain('The endpoint refused access');
    expect(budgetUsd).toBe(5000);
    await runs.noFaults();
    expect(await say('decide', { action: 'retry', reason: 'the key is mended' })).toBe('decide: Decided: retry.');

    await when(handle, finished('r1-sft-a1'));
    // The next round has no checkpoint of its own meanwhile.
    await runs.holdingTraining(async () => {
      expect(await say('rollback')).toMatch(/^rollback refused: .*\{"round": 1, "stage": "dpo"\}/);
      const back = { round: 1, stage: 'sft', reason: 'too timid' };
      expect(await say('rollback', { ...back, set: { sft: { learningrate: 1 } } })).toMatch(
        /^rollback refused: .*sft\.learningrate: no such setting; did you mean "learningRate"\?/s,
      );
      expect(await say('rollback', { ...back, set: { sft: { learningRate: 2e-3 } } })).toMatch(
        /^rollback: Rolled back to round 1, sft; 1 checkpoint superseded \(too timid\)\.$/,
      );
    });
    expect(await handle.result()).toMatchObject({ rounds: 2 });

    expect(await capOf(run)).toBe(5000);
    expect((await job(run, 'r1-sft-a1'))?.hyperparameters).toMatchObject({ learning_rate: 1e-3 });
    expect((await job(run, 'r1-sft-a2'))?.hyperparameters).toMatchObject({ learning_rate: 2e-3 });
    const checkpoints = await checkpointsOf(runs.servers.pool, run);
    expect(checkpoints.find(({ id }) => id === `${run}/r1-sft-a1`)?.status).toBe('superseded');
    const noted = (await runs.actions(run)).filter(({ detail }) => 'via' in (detail as object));
    const who = runs.servers.client.options.identity;
    expect(noted).toMatchObject(
      [
        ['setBudget', 'approved'],
        ['decide', 'the key is mended'],
        ['rollback', 'too timid'],
      ].map(([kind, reason]) => ({ kind, actor: who, detail: { via: 'signal', reason } })),
    );
  });
});

describe('messages at other moments', () => {
  it('before the first stage, while paused, and while parked', async () => {
    const run = 'moments';
    const handle = await runs.start(run, {
      config: { ...runs.config, rounds: 1, pauseAfter: 'stage', judge: { ...judge, revision: 'moments' } },
    });
    const place = { round: 1, stage: 'sft' };
    await handle.signal(signals.pause, undefined);
    await when(handle, (now) => paused(now) && now.name !== '');
    expect(await refusal(handle, 'rollback', place)).toBe(
      'There is no going back to round 1, sft: it has not run yet.',
    );
    // A cap is set, stands where every worker reads it, and ends no pause.
    expect(await send(handle, 'setBudget', { usd: 500 })).toBe('The budget is $500.00 now.');
    expect(await refusal(handle, 'setBudget', { usd: 500 })).toBe('The budget is $500.00 already.');
    await until(
      () => capOf(run),
      (usd) => usd === 500,
    );
    expect(await progress(handle)).toMatchObject({ status: 'paused', budgetUsd: 500, steps: [] });

    await runs.fault('404', { model: 'data-judge' });
    await send(handle, 'resume');
    await when(handle, attention);
    expect(await send(handle, 'setBudget', { usd: 600 })).toBe('The budget is $600.00 now.');
    expect((await progress(handle)).status).toBe('needs attention');
    // A rollback takes the parked run out of its wait, and it comes to the same trouble in its next attempt.
    expect(await send(handle, 'rollback', place)).toMatch(/^Rolled back to round 1, sft; 0 checkpoints superseded\.$/);
    await until(
      () => runs.actions(run),
      (noted) => noted.filter(({ kind }) => kind === 'attention').length === 2,
    );
    await runs.noFaults();
    await when(handle, attention);
    await send(handle, 'rollback', { ...place, reason: 'mended' });

    // pauseAfter "stage": the stage has ended, and the next step waits to be triggered.
    const { steps, lastProblem } = await when(handle, paused);
    expect(steps.map(({ label }) => label)).toEqual(['I0', 'r1-sft-a3']);
    expect(lastProblem).toBeNull();
    expect(await send(handle, 'resume')).toBe('Resumed.');
    expect(await handle.result()).toMatchObject({ rounds: 1 });

    const { searchAttributes } = await handle.describe();
    expect(searchAttributes['NeedsAttention']).toEqual([false]);
    expect((await datasetsOf(runs.servers.pool, run)).map(({ id }) => id)).toEqual([`${run}/r1-sft-a3/sft`]);
  });
});

describe('a continue-as-new', () => {
  it('waits for a rollback whose settings are being checked, and carries all that was said meanwhile', async () => {
    const run = 'renewing';
    const handle = await runs.start(run, { rounds: 2 });
    const first = handle.firstExecutionRunId;
    const current = async () => (await handle.describe()).runId;
    const pending = async () => (await handle.describe()).raw.pendingActivities ?? [];
    await runs.holdingTraining(async () => {
      await when(handle, ({ step }) => step.startsWith('train sft'));
      // The stage's gate, of two games on each prompt, ends as ever; the round's end lasts until the message is under way.
      const nth = 2 * (runs.config.gate?.prompts ?? 0) + 1;
      await runs.fault('slow', { model: 'evaluation-judge', nth }, { seconds: 2, times: 10_000 });
    });
    await when(handle, ({ round, stage }) => round === 1 && stage === 'round');
    const set = { sft: { learningRate: 2e-3 } };
    const { answer } = await holdingBack(runs.servers.pool, 'judges', async () => {
      const promised = send(handle, 'rollback', { round: 1, stage: 'sft', set, reason: 'too timid' });
      promised.catch(() => undefined);
      await until(pending, (all) => all.some(({ activityType }) => activityType?.name === 'checkSettings'));
      await runs.noFaults();
      await until(
        async () => (await loadRun(runs.servers.pool, run))?.state as FlywheelState,
        (state) => state.finished.length === 3,
      );
      // The round has ended and is kept; what is left to do is to go on in a new history.
      expect(await refusal(handle, 'rollback', { round: 1 })).toContain('are being checked; wait for its answer');
      expect(await send(handle, 'pause', { reason: 'meanwhile' })).toContain('Pausing');
      expect(await send(handle, 'setBudget', { usd: 700 })).toBe('The budget is $700.00 now.');
      expect(await signalled(handle, 'setBudget', { usd: 800 })).toBe('setBudget: The budget is $800.00 now.');
      expect(await current()).toBe(first);
      return { answer: promised };
    });
    expect(await answer).toBe('Rolled back to round 1, sft; 1 checkpoint superseded (too timid).');
    await until(current, (runId) => runId !== first);
    const carried = await progress(handle);
    expect(carried).toMatchObject({ status: 'paused', budgetUsd: 800 });
    expect(carried.steps.map(({ label }) => label)).toEqual(['I0']);

    expect(await send(handle, 'resume')).toBe('Resumed.');
    await when(handle, finished('r1-sft-a2'));
    expect((await job(run, 'r1-sft-a2'))?.hyperparameters).toMatchObject({ learning_rate: 2e-3 });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    const noted = (await runs.actions(run)).filter(({ detail }) => 'via' in (detail as object));
    expect(noted.map(({ kind }) => kind)).toEqual(['pause', 'setBudget', 'setBudget', 'rollback', 'resume']);
    expect(await capOf(run)).toBe(800);
  });
});
