import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { FlywheelInput } from '../../workflows/types';
import { TASK_QUEUE } from '../worker';
import { lookAt } from './look';

/** Starts a run, or finds it running. A closed id is started again, and goes on where it stopped. */
export async function startRun(
  client: Client,
  id: string,
  input: FlywheelInput,
): Promise<'started' | 'running already'> {
  const { state } = await lookAt(client, id, 1000);
  await client.workflow.start('flywheel', {
    workflowId: id,
    taskQueue: TASK_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return state === 'open' ? 'running already' : 'started';
}

/** Whether a worker has polled the task queue in the last minutes. */
export async function hasWorkers(client: Client): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  return (pollers ?? []).length > 0;
}
