import type { Client, WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils';

/** One execution of a workflow, with all its events. */
export interface Execution {
  handle: WorkflowHandle;
  history: History;
}

/** An execution and those that it was continued as (continue-as-new), one at a time, since a history may be large. */
export async function* executionsOf(client: Client, workflowId: string, firstRunId: string): AsyncGenerator<Execution> {
  for (let runId = firstRunId; runId !== '';) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    yield { handle, history };
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
}
