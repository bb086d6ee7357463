import { Command, CommanderError } from 'commander';
import { InputError } from '../arena/input-error';
import { messageOf, UserError } from '../errors';
import { configCommand } from './commands/config';
import { consistencyCommand } from './commands/consistency';
import { demoCommand } from './commands/demo';
import { doctorCommand } from './commands/doctor';
import { judgeCommand } from './commands/judge';
import { leaderboardCommand } from './commands/leaderboard';
import { migrateCommand } from './commands/migrate';
import { budgetCommand, cancelCommand, decideCommand, pauseCommand, resumeCommand, rollbackCommand } from './commands/operate';
import { rateCommand } from './commands/rate';
import { runCommand } from './commands/run';
import { statusCommand } from './commands/status';
import { upCommand } from './commands/up';
import { workerCommand } from './commands/worker';
import { CommandFailure } from './failure';
import { endQuietlyWithoutReader, note } from './output';

/** All commands; each throws what went wrong, and ends nothing by itself. */
export function buildProgram(): Command {
  const program = new Command('flywheel')
    .description('The durable data flywheel for post-training language models.')
    .version((require('../../../package.json') as { version: string }).version)
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage or input.\nBegin with:\n  npx flywheel demo');
  program.commandsGroup('Runs');
  return program;
}
