import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { executionsOf } from '../chaos/executions';

/** A workflow task that was completed: its start, in seconds from the first run's, and how long it took, as the server noted them. */
export interface WorkflowTask {
  started: number;
  seconds: number;
}

/** What a workflow's whole chain of runs (continue-as-new) has cost Temporal. */
export interface HistoryCosts {
  runs: number;
  events: number;
  bytes: number;
  /** Events and bytes of the run that has most of them. */
  largest: { events: number; bytes: number };
  tasks: WorkflowTask[];
  /** Workflow tasks that failed or timed out. */
  failedTasks: number;
  /** Seconds from the first run's start to the last one's end. */
  seconds: number;
}

type Timestamp = temporal.api.history.v1.IHistoryEvent['eventTime'];

/** Seconds of an event's time. */
const at = (time: Timestamp): number => Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9;

/** Walks a workflow's histories from its first run to its last. */
export async function historyCosts(client: Client, workflowId: string, firstRunId: string): Promise<HistoryCosts> {
  const largest = { events: 0, bytes: 0 };
  const costs: HistoryCosts = { runs: 0, events: 0, bytes: 0, largest, tasks: [], failedTasks: 0, seconds: 0 };
  let begun = 0;
  for await (const { handle, history } of executionsOf(client, workflowId, firstRunId)) {
    const { historyLength, historySize = 0 } = await handle.describe();
    costs.runs++;
    costs.events += historyLength;
    costs.bytes += historySize;
    largest.events = Math.max(largest.events, historyLength);
    largest.bytes = Math.max(largest.bytes, historySize);
    let started = 0;
    for (const event of history.events ?? []) {
      const time = at(event.eventTime);
      begun ||= time;
      costs.seconds = time - begun;
      if (event.workflowTaskStartedEventAttributes) started = costs.seconds;
      if (event.workflowTaskCompletedEventAttributes) costs.tasks.push({ started, seconds: costs.seconds - started });
      if (event.workflowTaskFailedEventAttributes || event.workflowTaskTimedOutEventAttributes) costs.failedTasks++;
    }
  }
  return costs;
}

/** @throws TypeError where there is no task. */
export const slowestTask = ({ tasks }: HistoryCosts): WorkflowTask =>
  tasks.reduce((most, one) => (one.seconds > most.seconds ? one : most));
