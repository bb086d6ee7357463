import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { exists, readJson } from '../../src/files';
import { HEARTBEAT_SECONDS } from '../config';
import type { Fault } from '../fault';
import { notOnce, stepsOf, trainerOf } from '../job';
import { judging, trained, until } from '../moments';
import type { Stand } from '../stand';

const GOAL = 'as the design says, and complete; calls repeated <= calls in flight';
const DPO = 'r1-dpo-a1';
/** Longer than the heartbeat's time-out. */
const HELD_MS = 1000 * (HEARTBEAT_SECONDS + 1);
/** Of each reply, so that batches last until a worker hears of what was clicked; less than a call's time-out. */
const SLOW_REPLY_SECONDS = 2.5;

const execution = async (stand: Stand) => {
  const { workflowId, runId } = await stand.run().describe();
  return { workflowId, runId };
};
const statusOf = async (stand: Stand) => (await stand.run().describe()).status.name;

/** @throws Error with what is not as the design says. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** In the middle of what the run is met. */
interface At {
  when: 'battles' | 'training';
  moment: (stand: Stand) => Promise<void>;
}
const BATTLES: At = { when: 'battles', moment: judging('sft', 'training', 60) };
const TRAINING: At = { when: 'training', moment: trained(DPO, 4) };

/** A row of such a moment: the training is long enough to be met, and takes each step once by so many trainers. */
const row = (name: string, { when, moment }: At, trainers: number, give: (stand: Stand) => Promise<void>): Fault => ({
  name,
  goal: GOAL,
  ...(when === 'training'
    ? { stand: { slowJob: DPO }, check: (stand: Stand) => notOnce(stand, DPO, trainers) }
    : undefined),
  async give(stand) {
    await moment(stand);
    stand.excuseInFlight();
    await give(stand);
  },
});

/** Nothing is asked any more; what was on its way has had its time to arrive. */
async function asksNothing(stand: Stand, milliseconds: number): Promise<void> {
  const before = await stand.sent();
  await sleep(milliseconds);
  const after = await stand.sent();
  must(after === before, `${after - before} calls were made while nothing should be asked`);
}

/** The UI's Cancel: as "pause now", then closed, all written; its id is started again with an empty form. */
const cancelled = (at: At): Fault =>
  row(`Cancel in ${at.when}, the id started again`, at, 2, async (stand) => {
    await stand.run().cancel();
    await until('the end of the run', async () => (await statusOf(stand)) !== 'RUNNING');
    must((await statusOf(stand)) === 'CANCELLED', `the run is closed as ${await statusOf(stand)}`);
    const { rows } = await stand.pool.query<{ status: string }>('select status from runs');
    must(rows[0]?.status === 'cancelled', `the run is written as ${rows[0]?.status}`);
    await asksNothing(stand, 500);
    if (at.when === 'training') await stoppedAtCheckpoint(stand);
    await stand.start({});
  });

/** The trainer has ended on request, with the checkpoint of its last step. */
async function stoppedAtCheckpoint(stand: Stand): Promise<void> {
  const folder = stand.jobFolder(DPO);
  must((await trainerOf(stand, DPO)) === null, 'the trainer lives on');
  must(!(await exists(join(folder, 'result.json'))), 'the training has come to its end');
  const stopped = await readJson<{ step: number }>(join(folder, 'stopped.json'));
  const step = (await stepsOf(stand, DPO)).at(-1);
  must(stopped?.step === step, `the trainer stopped at step ${stopped?.step}, its last one was ${step}`);
  must(await exists(join(folder, 'checkpoints', `checkpoint-${step}`)), `step ${step} has no checkpoint`);
}

/** The UI's Terminate: the trainer is left, and joined by the id that is started again. */
const terminated = (at: At): Fault =>
  row(`Terminate in ${at.when}, the id started again`, at, 1, async (stand) => {
    await stand.run().terminate('chaos');
    must((await statusOf(stand)) === 'TERMINATED', `the run is closed as ${await statusOf(stand)}`);
    await stand.start({});
  });

/** The run is reset to its first workflow task: everything is replayed from what Postgres holds. */
const reset = (at: At): Fault =>
  row(`Reset in ${at.when}`, at, 1, async (stand) => {
    const { client } = stand.servers;
    const firstTask = (await stand.run().fetchHistory()).events?.find(
      (event) => event.workflowTaskCompletedEventAttributes,
    );
    if (!firstTask) throw new Error('the history has no workflow task');
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: await execution(stand),
      reason: 'chaos',
      workflowTaskFinishEventId: firstTask.eventId ?? null,
      requestId: `chaos-${Date.now()}`,
    });
  });

const pendingActivities = async (stand: Stand) => (await stand.run().describe()).raw.pendingActivities ?? [];
const { PENDING_ACTIVITY_STATE_PAUSED } = temporal.api.enums.v1.PendingActivityState;

/** What acts on one activity of the run, as the buttons beside it do. */
const activity = async (stand: Stand, { activityId }: { activityId?: string | null }) => ({
  ...{ namespace: 'default', execution: await execution(stand), identity: 'chaos', id: activityId ?? '' },
});

/** Batches last until the worker hears of what was clicked. */
async function slowBattles(stand: Stand, { when }: At): Promise<void> {
  if (when === 'battles') await stand.fault('slow', { seconds: SLOW_REPLY_SECONDS });
}

/** Each activity that runs is paused for longer than its heartbeat's time, and let go on: calls stop, a training does not. */
const activityPaused = (at: At): Fault =>
  row(`activity Pause in ${at.when}`, at, 1, async (stand) => {
    const { workflowService } = stand.servers.client;
    await slowBattles(stand, at);
    await until('the activities paused', async () => {
      const pending = await pendingActivities(stand);
      for (const one of pending)
        if (!one.paused) await workflowService.pauseActivity({ ...(await activity(stand, one)), reason: 'chaos' });
      return pending.length > 0 && pending.every(({ state }) => state === PENDING_ACTIVITY_STATE_PAUSED);
    });
    const trainer = await trainerOf(stand, DPO);
    const step = at.when === 'training' ? (await stepsOf(stand, DPO)).length : 0;
    await asksNothing(stand, HELD_MS);
    if (at.when === 'training') {
      must(trainer !== null && (await trainerOf(stand, DPO)) === trainer, 'the trainer was not left alone');
      must((await stepsOf(stand, DPO)).length > step, 'the trainer took no step meanwhile');
    }
    await stand.noFaults();
    for (const one of await pendingActivities(stand)) await workflowService.unpauseActivity(await activity(stand, one));
  });

/** Each activity that runs begins anew, as an attempt that finds what the first one has stored. */
const activityReset = (at: At): Fault =>
  row(`activity Reset in ${at.when}`, at, 1, async (stand) => {
    const { workflowService } = stand.servers.client;
    await slowBattles(stand, at);
    /** When the attempt began that was reset, by activity. */
    const begun = new Map<string, string>();
    await until('another attempt of an activity', async () => {
      const pending = await pendingActivities(stand);
      for (const one of pending) {
        const id = one.activityId ?? '';
        if (begun.has(id) || !one.lastStartedTime) continue;
        await workflowService.resetActivity({ ...(await activity(stand, one)), resetHeartbeat: true });
        begun.set(id, JSON.stringify(one.lastStartedTime));
      }
      return pending.some(({ activityId, lastStartedTime }) => {
        const before = begun.get(activityId ?? '');
        return before !== undefined && lastStartedTime != null && JSON.stringify(lastStartedTime) !== before;
      });
    });
    await stand.noFaults();
  });

export const operatorFaults: Fault[] = [BATTLES, TRAINING].flatMap((at) => [
  cancelled(at),
  terminated(at),
  reset(at),
  activityPaused(at),
  activityReset(at),
]);
