import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, WorkflowFailedError, type Client } from '@temporalio/client';
import { messageOf, UserError } from '../errors';
import type { Progress } from '../../workflows/types';
import { continueHint } from '../operating/continue-hint';
import { causeText, lookAt, type Look } from '../operating/look';
import { shellWord } from '../shell-word';
import { CommandFailure } from './failure';

export interface FollowOptions {
  /** Told about once a second where the run stands, and once more at its end. */
  onProgress: (progress: Progress) => void;
  /** Told in a sentence when nobody answers, and null when somebody does again; following goes on. */
  onTrouble?: (sentence: string | null) => void;
  /** Ends the following, not the run: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const EVERY_MS = 1000;

/**
 * Follows a run to its end, through restarts of worker and server and through continue-as-new. Resolves to the progress
 * as it stands when the run is complete.
 *
 * @throws UserError: the configuration was refused. CommandFailure: there is no such run, or it was stopped.
 */
export async function followRun(
  client: Client,
  workflowId: string,
  { onProgress, onTrouble, signal }: FollowOptions,
): Promise<Progress> {
  let last: Progress | null = null;
  let troubled = false;
  const tell = (sentence: string | null) => {
    if (sentence !== null || troubled) onTrouble?.(sentence);
    troubled = sentence !== null;
  };
  for (;;) {
    signal?.throwIfAborted();
    const look = await lookOrTrouble(client, workflowId);
    signal?.throwIfAborted();
    if (look.progress) onProgress((last = look.progress));
    if (look.state === 'completed') return last ?? noLastWord(workflowId);
    if (look.state !== 'open') throw await endOf(client, workflowId, look.state);
    tell(look.trouble);
    await sleep(EVERY_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}

/** A server that does not answer may be starting again: that is trouble, not an end. */
async function lookOrTrouble(client: Client, workflowId: string): Promise<Look> {
  return lookAt(client, workflowId).catch((error: unknown) => ({
    state: 'open',
    progress: null,
    trouble: `The Temporal server does not answer (${causeText(error)}); still trying.`,
  }));
}

function noLastWord(workflowId: string): never {
  throw new CommandFailure(
    `The run ${workflowId} is complete, but no worker tells its progress: npx flywheel status ${shellWord(workflowId)}`,
  );
}

/** Why a run is closed, as the error to show. */
async function endOf(client: Client, workflowId: string, state: Look['state']): Promise<Error> {
  if (state === 'none')
    return new CommandFailure(`The Temporal server has no run ${workflowId}. List the runs: npx flywheel status`);
  const again = `Starting it again continues it: ${continueHint(workflowId)}`;
  if (state !== 'failed')
    return new CommandFailure(
      `The run ${workflowId} was ${state === 'timed out' ? 'ended by a time-out' : state}; what it did is stored. ${again}`,
    );
  const failure = await client.workflow
    .getHandle(workflowId)
    .result()
    .then(
      () => null,
      (error: unknown) => (error instanceof WorkflowFailedError ? (error.cause ?? error) : error),
    );
  if (failure instanceof ApplicationFailure && failure.type === 'InvalidConfiguration')
    return new UserError(failure.message);
  return new CommandFailure(`The run ${workflowId} failed: ${messageOf(failure)} What it did is stored. ${again}`);
}
