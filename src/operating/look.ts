import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { messageOf } from '../errors';
import type { Progress } from '../../workflows/types';

/** What a run's workflow looks like from outside. */
export interface Look {
  /** `none`: the server knows no workflow of that id. */
  state: 'none' | 'open' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed out';
  /** The workflow's own answer; null where no worker gave one in time. */
  progress: Progress | null;
  /** Why there is no answer, in a sentence. */
  trouble: string | null;
}

const ANSWER_MS = 5000;

const closed: Readonly<Record<string, Look['state']>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

/** Looks at a run's latest execution: its status, and its answer to the query `progress`. Throws when the server does not answer. */
export async function lookAt(client: Client, workflowId: string, answerMs = ANSWER_MS): Promise<Look> {
  const handle = client.workflow.getHandle(workflowId);
  let state: Look['state'];
  try {
    const { status } = await client.withDeadline(Date.now() + answerMs, () => handle.describe());
    // One that continues as new has a successor, which the next look finds.
    state = closed[status.name] ?? 'open';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'none', progress: null, trouble: null };
    throw error;
  }
  try {
    const progress = await client.withDeadline(Date.now() + answerMs, () => handle.query<Progress>('progress'));
    return { state, progress, trouble: null };
  } catch (error) {
    return {
      state,
      progress: null,
      trouble: `No worker answers for ${workflowId} (${causeText(error)}). If none runs, start one: npx flywheel worker`,
    };
  }
}

/** What the server said, without the client's wrapping. */
export function causeText(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause;
  const inner = isGrpcServiceError(cause) ? cause : error;
  return isGrpcServiceError(inner) ? inner.details || inner.message : messageOf(inner);
}
