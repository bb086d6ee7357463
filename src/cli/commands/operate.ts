import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import type { Client } from '@temporalio/client';
import { parse } from 'yaml';
import type { Decision, MessageName } from '../../../workflows/messages';
import { cancelRun, MessageRefused, sendMessage } from '../../operating/send';
import { findTemporal, withClient } from '../connect';
import { CommandFailure } from '../failure';
import { describedCommand, dollars, JSON_OPTION, wholeNumber } from '../options';
import { say, sayJson } from '../output';

const RUN = ['<run>', "the run's id"] as const;
const STAGES = ['sft', 'dpo', 'ppo'];
const REASON = ['--reason <text>', "why; it stands among the run's events"] as const;
const ACTIONS: Decision[] = ['retry', 'promote', 'keep', 'stop'];

interface Json {
  json?: boolean | undefined;
}

interface Sent extends Json {
  reason?: string | undefined;
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
    .option(...REASON)
    .option(...JSON_OPTION)
    .action((run: string, { now, ...sent }: Sent & { now?: boolean }) =>
      send(run, 'pause', now ? { mode: 'now' } : {}, sent),
    );
}

export function resumeCommand(): Command {
  return describedCommand('resume', 'Go on after a pause.', 'resume my-run')
    .argument(...RUN)
    .option(...REASON)
    .option(...JSON_OPTION)
    .action((run: string, sent: Sent) => send(run, 'resume', {}, sent));
}

export function rollbackCommand(): Command {
  return describedCommand(
    'rollback',
    'Go back to a round or a stage of a run, and do it again from there.',
    'rollback my-run --round 1 --stage dpo --reason "new prompts"',
    `rollback my-run --round 1 --stage dpo --set '{"dpo": {"beta": 0.2}}'`,
  )
    .argument(...RUN)
    .requiredOption('--round <n>', 'the round to go back to', wholeNumber(1))
    .addOption(new Option('--stage <stage>', "the stage to go back to (default: the round's begin)").choices(STAGES))
    .option(
      '--set <settings>',
      'settings that hold from there on, JSON or YAML, as they stand in the configuration',
      settings,
    )
    .option(...REASON)
    .option(...JSON_OPTION)
    .action((run: string, { json, reason, ...place }: Sent & { round: number; stage?: string; set?: object }) =>
      send(run, 'rollback', place, { json, reason }),
    );
}

/** Reads settings; whether there are such ones is the run's to say. */
function settings(text: string): object {
  try {
    const value: unknown = parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(
    'Give settings as they stand in the configuration, for example {"dpo": {"beta": 0.2}}.',
  );
}

export function budgetCommand(): Command {
  return describedCommand('budget', "Set a run's cap on what it may spend.", 'budget my-run 50')
    .argument(...RUN)
    .argument('<usd>', 'amount in USD', dollars)
    .option(...REASON)
    .option(...JSON_OPTION)
    .action((run: string, usd: number, sent: Sent) => send(run, 'setBudget', { usd }, sent));
}

export function decideCommand(): Command {
  return describedCommand('decide', 'Answer a run that needs attention.', 'decide my-run retry')
    .argument(...RUN)
    .addArgument(new Argument('<action>', 'what to do; `status` says what the run asks').choices(ACTIONS))
    .option(...REASON)
    .option(...JSON_OPTION)
    .action((run: string, action: string, sent: Sent) => send(run, 'decide', { action }, sent));
}

export function cancelCommand(): Command {
  return describedCommand('cancel', 'Stop a run now and close it; what it did is stored.', 'cancel my-run')
    .argument(...RUN)
    .option(...JSON_OPTION)
    .action((run: string, { json }: Json) => onRun(run, json, cancelRun));
}

function send(run: string, name: MessageName, message: object, { json, reason }: Sent): Promise<void> {
  const because = reason === undefined ? {} : { reason };
  return onRun(run, json, (client) => sendMessage(client, run, name, { ...message, ...because }));
}

/** Does something to a run and tells the sentence that comes back. */
async function onRun(
  run: string,
  json: boolean | undefined,
  act: (client: Client, run: string) => Promise<string>,
): Promise<void> {
  const sentence = await withClient(findTemporal(), (client) =>
    act(client, run).catch((error: unknown) => {
      throw MessageRefused.isInstance(error) ? new CommandFailure(error.message) : error;
    }),
  );
  if (json) sayJson({ run, sentence });
  else say(sentence);
}
