import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { queueOf, ROLES, type Role } from '../../workflows/queues';

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = temporal.api.enums.v1.TaskQueueType;

/** Roles whose task queue no worker has polled in the last minutes. */
export async function unservedRoles(client: Client): Promise<Role[]> {
  const isPolled = async (role: Role) => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: queueOf(role) },
      taskQueueType: role === 'orchestrator' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
    });
    return (pollers ?? []).length > 0;
  };
  const polled = await Promise.all(ROLES.map(isPolled));
  return ROLES.filter((_, index) => !polled[index]);
}

/** What nobody does, and how to mend it, in one sentence for each queue; none where all are served. */
export function unservedSentences(unserved: readonly Role[]): string[] {
  if (unserved.includes('orchestrator'))
    return [
      `No worker polls the task queue "${queueOf('orchestrator')}", so nothing happens yet. Start one: npx flywheel worker`,
    ];
  return unserved.map(
    (role) =>
      `No worker polls the task queue "${queueOf(role)}", so nothing happens there yet. Start one: npx flywheel worker --roles ${role}`,
  );
}
