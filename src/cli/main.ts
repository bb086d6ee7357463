import { join } from 'node:path';
import { CommanderError } from 'commander';
import { InputError } from '../arena/input-error';
import { messageOf, UserError } from '../errors';
import { CommandFailure } from './failure';
import { colours, endQuietlyWithoutReader, note } from './output';
import { buildProgram } from './program';

/** Runs one command line (without node and script) and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args.every((arg) => arg === '--json'))
      await (await import('./commands/what-next.js')).sayWhatNext({ json: args.length > 0 });
    else await (await buildProgram(args[0])).parseAsync(args, { from: 'user' });
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
