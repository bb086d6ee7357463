import type { Client, WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

/** What a workflow's whole chain of runs (continue-as-new) has cost Temporal. */
export interface HistoryCosts {
  runs: number;
  events: number;
  bytes: number;
  /** Seconds of the longest workflow task, from its start to its completion as the server has it. */
  longestTask: number;
  /** Workflow tasks that failed or timed out. */
  failedTasks: number;
  /** Seconds from the first run's start to the last one's end. */
  seconds: number;
}

type Timestamp = temporal.api.history.v1.IHistoryEvent['eventTime'];

/** Milliseconds of an event's time. */
const at = (time: Timestamp): number => Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;

/** Walks a workflow's histories from its first run to its last. */
export async function historyCosts(client: Client, workflowId: string, firstRunId: string): Promise<HistoryCosts> {
  const costs: HistoryCosts = { runs: 0, events: 0, bytes: 0, longestTask: 0, failedTasks: 0, seconds: 0 };
  let begun = 0;
  for (let runId: string | null = firstRunId; runId;) {
    const handle: WorkflowHandle = client.workflow.getHandle(workflowId, runId);
    const { historyLength, historySize = 0 } = await handle.describe();
    const { events } = await handle.fetchHistory();
    costs.runs++;
    costs.events += historyLength;
    costs.bytes += historySize;
    runId = null;
    let started = 0;
    for (const event of events ?? []) {
      const time = at(event.eventTime);
      begun ||= time;
      costs.seconds = (time - begun) / 1000;
      if (event.workflowTaskStartedEventAttributes) started = time;
      if (event.workflowTaskCompletedEventAttributes)
        costs.longestTask = Math.max(costs.longestTask, (time - started) / 1000);
      if (event.workflowTaskFailedEventAttributes || event.workflowTaskTimedOutEventAttributes) costs.failedTasks++;
      runId = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? runId;
    }
  }
  return costs;
}
