import { getClient } from '@temporalio/activity';
import type { temporal } from '@temporalio/proto';
import type { OperatorAction } from '../workflows/types';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Execution = { workflowId: string; runId: string } | undefined;

/** Who sent a message, started or cancelled a run, as Temporal knows them; null where it does not. */
export type Actor = string | null;

const PAGE = 200;

/** Events of a workflow's history, the newest first. */
async function* newestFirst(execution: NonNullable<Execution>): AsyncGenerator<HistoryEvent> {
  const client = getClient();
  let nextPageToken: Uint8Array | null = null;
  do {
    const page: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryReverseResponse =
      await client.workflowService.getWorkflowExecutionHistoryReverse({
        ...{ namespace: client.options.namespace, execution, maximumPageSize: PAGE },
        ...(nextPageToken ? { nextPageToken } : {}),
      });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : null;
  } while (nextPageToken);
}

/** The identity in the newest event that has one of this kind. What cannot be read is not known: nothing waits for it. */
async function findActor(
  execution: Execution,
  identityOf: (event: HistoryEvent) => string | null | undefined,
): Promise<Actor> {
  if (!execution) return null;
  try {
    for await (const event of newestFirst(execution)) {
      const identity = identityOf(event);
      if (identity !== null && identity !== undefined) return identity === '' ? null : identity;
    }
  } catch {
    return null;
  }
  return null;
}

/** Who started a run. */
export const starterOf = (execution: Execution): Promise<Actor> =>
  findActor(execution, ({ workflowExecutionStartedEventAttributes: started }) => started && (started.identity ?? ''));

/** Who cancelled a run. */
export const cancellerOf = (execution: Execution): Promise<Actor> =>
  findActor(execution, ({ workflowExecutionCancelRequestedEventAttributes: asked }) => asked && (asked.identity ?? ''));

/** Who sent a message: an update by its id, a signal as the last one of its name among the first `after` events. */
export function senderOf(
  execution: Execution,
  { via, update, name, after }: Pick<OperatorAction, 'via' | 'update' | 'name' | 'after'>,
): Promise<Actor> {
  if (via === 'start') return starterOf(execution);
  return findActor(execution, (event) => {
    if (via === 'update') {
      const meta = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.meta;
      return meta?.updateId === update ? (meta?.identity ?? '') : null;
    }
    const signal = event.workflowExecutionSignaledEventAttributes;
    return signal?.signalName === name && Number(event.eventId) <= after ? (signal.identity ?? '') : null;
  });
}
