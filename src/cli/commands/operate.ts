import { Argument, Option, type Command } from 'commander';
import {
  ApplicationFailure,
  isGrpcDeadlineError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import type { Decision, MessageName } from '../../../workflows/messages';
import { findTemporal, withClient } from '../connect';
import { continueHint } from '../continue-hint';
import { CommandFailure } from '../failure';
import { describedCommand, dollars, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson } from '../output';

/** How long a worker may take to answer. */
const ANSWER_MS = 15_000;
const RUN = ['<run>', "the run's id"] as const;
const STAGES = ['sft', 'dpo', 'ppo'];
const ACTIONS: Decision[] = ['retry', 'promote', 'keep', 'stop'];

interface Json {
  json?: boolean;
}

export function pauseCommand(): Command {
  return describedCommand(
    'pause',
    'Pause a run: what is in flight ends, nothing new starts.',
    'pause my-run',
    'pause my-run --now --reason "GPU needed elsewhere"',
  )
    .argument(...RUN)
    .option('--now', 'also cancel calls in flight, and stop training at a checkpoint')
    .option('--reason <text>', "why; it stands in the run's details")
    .option(...JSON_OPTION)
    .action((run: string, { now, reason, json }: Json & { now?: boolean; reason?: string }) =>
      send(run, 'pause', { ...(now ? { mode: 'now' } : {}), ...(reason === undefined ? {} : { reason }) }, json),
    );
}

export function resumeCommand(): Command {
  return describedCommand('resume', 'Go on after a pause.', 'resume my-run')
    .argument(...RUN)
    .option(...JSON_OPTION)
    .action((run: string, { json }: Json) => send(run, 'resume', {}, json));
}

export function rollbackCommand(): Command {
  return describedCommand(
    'rollback',
    'Go back to a round or a stage of a run, and do it again from there.',
    'rollback my-run --round 1 --stage dpo --reason "new settings"',
  )
    .argument(...RUN)
    .requiredOption('--round <n>', 'the round to go back to', wholeNumber(1))
    .addOption(new Option('--stage <stage>', "the stage to go back to (default: the round's begin)").choices(STAGES))
    .option('--reason <text>', "why; it stands in the run's details")
    .option(...JSON_OPTION)
    .action((run: string, { json, ...place }: Json & { round: number; stage?: string; reason?: string }) =>
      send(run, 'rollback', place, json),
    );
}

export function budgetCommand(): Command {
  return describedCommand('budget', "Set a run's cap on what it may spend.", 'budget my-run 50')
    .argument(...RUN)
    .argument('<usd>', 'amount in USD', dollars)
    .option(...JSON_OPTION)
    .action((run: string, usd: number, { json }: Json) => send(run, 'setBudget', { usd }, json));
}

export function decideCommand(): Command {
  return describedCommand('decide', 'Answer a run that needs attention.', 'decide my-run retry')
    .argument(...RUN)
    .addArgument(new Argument('<action>', 'what to do; `status` says what the run asks').choices(ACTIONS))
    .option(...JSON_OPTION)
    .action((run: string, action: string, { json }: Json) => send(run, 'decide', { action }, json));
}

export function cancelCommand(): Command {
  return describedCommand('cancel', 'Stop a run now and close it; what it did is stored.', 'cancel my-run')
    .argument(...RUN)
    .option(...JSON_OPTION)
    .action((run: string, { json }: Json) => onRun(run, json, cancel));
}

function send(run: string, name: MessageName, message: object, json?: boolean): Promise<void> {
  return onRun(run, json, (client) =>
    client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflow.getHandle(run).executeUpdate<string, [object]>(name, { args: [message] }),
    ),
  );
}

async function cancel(client: Client, run: string): Promise<string> {
  await client.workflow.getHandle(run).cancel();
  return `Cancelling ${run}: calls in flight end, its state is kept. \`${continueHint(run)}\` continues it.`;
}

/** Does something to a run and tells the sentence that comes back. */
async function onRun(
  run: string,
  json: boolean | undefined,
  act: (client: Client, run: string) => Promise<string>,
): Promise<void> {
  const sentence = await withClient(findTemporal(), (client) =>
    act(client, run).catch((error: unknown) => {
      throw refusal(run, error);
    }),
  );
  if (json) sayJson({ run, sentence });
  else say(sentence);
}

/** What came back instead of a sentence. */
function refusal(run: string, error: unknown): unknown {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
    return new CommandFailure(error.cause.message);
  if (error instanceof WorkflowNotFoundError)
    return new CommandFailure(
      `No run ${run} is running. \`npx flywheel status\` lists the runs; \`${continueHint(run)}\` continues a closed one.`,
    );
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error))
    return new CommandFailure(
      `No worker answered for ${run} in ${ANSWER_MS / 1000} s, so it is not known whether this arrived. Look: npx flywheel status ${run}. If no worker runs: npx flywheel worker`,
    );
  return error;
}
