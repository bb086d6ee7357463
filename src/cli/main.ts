import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { InputError } from '../arena/input-error';
import { repositoryRoot } from '../embedded/paths';
import { messageOf, UserError } from '../errors';
import { arenaCommand } from './commands/arena';
import { configCommand } from './commands/config';
import { consistencyCommand } from './commands/consistency';
import { dataCommand } from './commands/data';
import { demoCommand } from './commands/demo';
import { doctorCommand } from './commands/doctor';
import { exportCommand } from './commands/export';
import { judgeCommand } from './commands/judge';
import { leaderboardCommand } from './commands/leaderboard';
import { migrateCommand } from './commands/migrate';
import {
  budgetCommand,
  cancelCommand,
  decideCommand,
  pauseCommand,
  resumeCommand,
  rollbackCommand,
} from './commands/operate';
import { promptsCommand } from './commands/prompts';
import { rateCommand } from './commands/rate';
import { reportCommand } from './commands/report';
import { runCommand } from './commands/run';
import { statusCommand } from './commands/status';
import { upCommand } from './commands/up';
import { workerCommand } from './commands/worker';
import { CommandFailure } from './failure';
import { colours, endQuietlyWithoutReader, note } from './output';

/** All commands. They throw what went wrong, commander's own errors included, and end nothing by themselves. */
export function buildProgram(): Command {
  const program = new Command('flywheel')
    .description('The durable data flywheel for post-training language models.')
    .version(version())
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage or input.\n\nExample:\n  npx flywheel demo');
  const groups: Record<string, Command[]> = {
    'Begin:': [demoCommand(), doctorCommand(), upCommand(), workerCommand(), migrateCommand()],
    'Runs:': [
      runCommand(),
      arenaCommand(),
      statusCommand(),
      leaderboardCommand(),
      reportCommand(),
      pauseCommand(),
      resumeCommand(),
      rollbackCommand(),
      budgetCommand(),
      decideCommand(),
      cancelCommand(),
    ],
    'Data:': [promptsCommand(), dataCommand(), exportCommand()],
    'Tools:': [rateCommand(), consistencyCommand(), judgeCommand(), configCommand()],
  };
  for (const [heading, commands] of Object.entries(groups))
    for (const command of commands) program.addCommand(command.helpGroup(heading));
  // Settings are not inherited by commands that were made apart.
  for (const command of family(program)) command.exitOverride().showHelpAfterError('(--help shows what is possible)');
  return program;
}

function family(command: Command): Command[] {
  return [command, ...command.commands.flatMap(family)];
}

function version(): string {
  return (JSON.parse(readFileSync(join(repositoryRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** Runs one command line (without node and script) and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error);
  }
}

/** Shows an error as a sentence and returns its exit code; where it came from only with FLYWHEEL_DEBUG=1. */
function report(error: unknown): number {
  // Commander has printed its help or its sentence already; help that was asked for is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isKnown = UserError.isInstance(error) || InputError.isInstance(error);
  const isFailure = CommandFailure.isInstance(error);
  note(colours(process.stderr).red(messageOf(error)));
  if (process.env['FLYWHEEL_DEBUG'] === '1' && error instanceof Error) note(error.stack ?? '');
  else if (!isKnown && !isFailure) note('This was not expected; FLYWHEEL_DEBUG=1 shows where it came from.');
  return isKnown ? 2 : 1;
}

/** What is written must have left before the process ends; a trainer that we watched would keep it alive. */
async function exit(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit(code);
}

if (require.main?.filename === __filename || require.main?.filename.endsWith(join('bin', 'flywheel.js'))) {
  endQuietlyWithoutReader();
  void main(process.argv.slice(2)).then(exit);
}
