import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve as absolute } from 'node:path';
import { messageOf, UserError } from '../errors';
import { knownEnvironment } from '../training/environment';

export interface CommandOptions {
  /** For messages: `judge: stop`. */
  what: string;
  passEnv: readonly string[];
  seconds?: number;
}

/** Runs a user's command to its end, without a shell. @throws UserError with its last line where it fails. */
export async function runCommand(command: readonly string[], { what, ...options }: CommandOptions): Promise<void> {
  const failure = await tryCommand(command, options);
  if (failure !== null) throw new UserError(`${what} (${command.join(' ')}) failed: ${failure}.`);
}

/** Null where the command ended with exit code 0; otherwise what it said last. */
export function tryCommand(
  [program = '', ...args]: readonly string[],
  { passEnv, seconds = 60 }: Omit<CommandOptions, 'what'>,
): Promise<string | null> {
  return new Promise((resolve) => {
    const env = knownEnvironment(passEnv);
    // What pulls an image says much.
    const options = { env, timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(null);
      const last = `${stdout}\n${stderr}`.trim().split('\n').at(-1);
      resolve(last === undefined || last === '' ? (messageOf(error).split('\n')[0] ?? 'it failed') : last);
    });
  });
}

/** Whether a command's first word can be run: a path, or a name on the PATH. */
export async function isProgram(name: string): Promise<boolean> {
  const files = name.includes('/')
    ? [absolute(name)]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  const runs = await Promise.all(
    files.map((file) =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return runs.some(Boolean);
}
