import {
  ApplicationFailure,
  isGrpcDeadlineError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { MessageName } from '../../workflows/messages';
import { shellWord } from '../shell-word';
import { continueHint } from './continue-hint';

/** How long a worker may take to answer. */
const ANSWER_MS = 15_000;

const marker = Symbol.for('arena-flywheel.message-refused');

/** Why a message came back without effect, or nobody knows whether it had one; the message is a sentence for the operator. */
export class MessageRefused extends Error {
  readonly [marker] = true;
  override readonly name = 'MessageRefused';

  /** @param why `refused`: by the run's own rule. `closed`: no such run is running. `silent`: no worker answered in time. */
  constructor(
    readonly why: 'refused' | 'closed' | 'silent',
    sentence: string,
  ) {
    super(sentence);
  }

  static isInstance(error: unknown): error is MessageRefused {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

/**
 * Sends a run a message as an update, and returns the sentence that it answers.
 * @throws MessageRefused where it had no effect.
 */
export function sendMessage(client: Client, run: string, name: MessageName, message: object): Promise<string> {
  return orRefusal(run, () =>
    client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflow.getHandle(run).executeUpdate<string, [object]>(name, { args: [message] }),
    ),
  );
}

/** Cancels a run's workflow; what it did is stored. */
export function cancelRun(client: Client, run: string): Promise<string> {
  return orRefusal(run, async () => {
    await client.workflow.getHandle(run).cancel();
    return `Cancelling ${run}: calls in flight end, its state is kept. \`${continueHint(run)}\` continues it.`;
  });
}

async function orRefusal(run: string, act: () => Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      throw new MessageRefused('refused', error.cause.message);
    if (error instanceof WorkflowNotFoundError)
      throw new MessageRefused(
        'closed',
        `No run ${run} is running. \`npx flywheel status\` lists the runs; \`${continueHint(run)}\` continues a closed one.`,
      );
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error))
      throw new MessageRefused(
        'silent',
        `No worker answered for ${run} in ${ANSWER_MS / 1000} s, so it is not known whether this arrived. Look: npx flywheel status ${shellWord(run)}. If no worker runs: npx flywheel worker`,
      );
    throw error;
  }
}
