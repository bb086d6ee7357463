import { temporal } from '@temporalio/proto';
import type { Fault } from '../fault';
import { judging, trained, until } from '../moments';
import type { Stand } from '../stand';

const GOAL = 'as the design says, and complete; calls repeated <= calls in flight';

const execution = async (stand: Stand) => {
  const { workflowId, runId } = await stand.run().describe();
  return { workflowId, runId };
};
const ended = (stand: Stand) =>
  until('the end of the run', async () => (await stand.run().describe()).status.name !== 'RUNNING');

const battles = judging('sft', 'training', 60);
const training = trained('r1-dpo-a1');

type At = readonly [when: string, moment: (stand: Stand) => Promise<void>];
const MOMENTS: readonly At[] = [
  ['battles', battles],
  ['training', training],
];

/** The run is closed by the UI's button, and its id is started again with an empty form. */
const closed = (button: 'Cancel' | 'Terminate', [when, moment]: At): Fault => ({
  name: `${button} in ${when}, the id started again`,
  goal: GOAL,
  async give(stand) {
    await moment(stand);
    stand.excuseInFlight();
    if (button === 'Cancel') await stand.run().cancel();
    else await stand.run().terminate('chaos');
    await ended(stand);
    await stand.start({});
  },
});

/** The run is reset to its first workflow task: everything is replayed from what Postgres holds. */
const reset = ([when, moment]: At): Fault => ({
  name: `Reset in ${when}`,
  goal: GOAL,
  async give(stand) {
    await moment(stand);
    const { client } = stand.servers;
    const firstTask = (await stand.run().fetchHistory()).events?.find(
      (event) => event.workflowTaskCompletedEventAttributes,
    );
    if (!firstTask) throw new Error('the history has no workflow task');
    stand.excuseInFlight();
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: await execution(stand),
      reason: 'chaos',
      workflowTaskFinishEventId: firstTask.eventId ?? null,
      requestId: `chaos-${Date.now()}`,
    });
  },
});

/** Each activity that runs is paused for longer than its heartbeat's time, and let go on. */
const activityPaused = ([when, moment]: At): Fault => ({
  name: `activity Pause in ${when}`,
  goal: GOAL,
  async give(stand) {
    await moment(stand);
    const { workflowService } = stand.servers.client;
    const { pendingActivities } = (await stand.run().describe()).raw;
    const target = { namespace: 'default', execution: await execution(stand), identity: 'chaos' };
    stand.excuseInFlight();
    for (const { activityId } of pendingActivities ?? [])
      await workflowService.pauseActivity({ ...target, id: activityId ?? '', reason: 'chaos' });
    const { PENDING_ACTIVITY_STATE_PAUSED } = temporal.api.enums.v1.PendingActivityState;
    await until('the activities paused', async () =>
      ((await stand.run().describe()).raw.pendingActivities ?? []).every(
        ({ state, activityId }) =>
          state === PENDING_ACTIVITY_STATE_PAUSED || !pendingActivities?.some((one) => one.activityId === activityId),
      ),
    );
    for (const { activityId } of pendingActivities ?? [])
      await workflowService.unpauseActivity({ ...target, id: activityId ?? '' }).catch(() => undefined);
  },
});

export const operatorFaults: Fault[] = MOMENTS.flatMap((at) => [
  closed('Cancel', at),
  closed('Terminate', at),
  reset(at),
  activityPaused(at),
]);
