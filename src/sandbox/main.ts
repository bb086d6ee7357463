import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../errors';
import { startSandbox } from './server';
import type { SandboxOptions } from './options';

/**
 * The sandbox as a process: `node dist/src/sandbox/main.js [--port 0] [--options JSON or FILE] [--latency-ms 20] …`.
 * Prints one line of JSON when it is ready, and ends on SIGTERM or SIGINT, with --stdin-lifeline also when its standard
 * input closes.
 */

/** Flags with a number, and the options that they set over those of --options. */
const NUMBERS = {
  port: 'port',
  seed: 'seed',
  'latency-ms': 'latencyMs',
  'jitter-ms': 'jitterMs',
  capacity: 'capacity',
  'requests-per-second': 'requestsPerSecond',
  'position-bias': 'positionBias',
  noise: 'noise',
  'unreadable-share': 'unreadableShare',
} as const satisfies Record<string, keyof SandboxOptions>;

function readFlags(): { options: SandboxOptions; lifeline: boolean } {
  const text = { type: 'string' } as const;
  const numbers = Object.fromEntries(Object.keys(NUMBERS).map((flag) => [flag, text]));
  const { values } = parseArgs({
    options: { ...numbers, host: text, options: text, 'stdin-lifeline': { type: 'boolean' } },
  });
  const flags: Record<string, string | boolean | undefined> = values;
  const options: Record<string, unknown> =
    typeof flags['options'] === 'string' ? readOptionsText(flags['options']) : {};
  if (typeof flags['host'] === 'string') options['host'] = flags['host'];
  for (const [flag, option] of Object.entries(NUMBERS)) {
    const value = flags[flag];
    if (typeof value === 'string') options[option] = value.trim() === '' ? Number.NaN : Number(value);
  }
  return { options, lifeline: flags['stdin-lifeline'] === true };
}

/** Options from JSON text, or from the JSON file of that name. */
function readOptionsText(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text.trimStart().startsWith('{') ? text : readFileSync(text, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new UserError(`--options must be a JSON object or the path of a JSON file: ${messageOf(error)}`);
  }
}

async function main(): Promise<void> {
  const { options, lifeline } = readFlags();
  const sandbox = await startSandbox(options);
  const stop = (): void => {
    void sandbox.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  if (lifeline) process.stdin.resume().once('end', stop).once('error', stop);
  process.stdout.write(
    `${JSON.stringify({ ready: true, port: sandbox.port, url: sandbox.url, sandbox: 'scripted' })}\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(UserError.isInstance(error) || error instanceof TypeError ? 2 : 1);
});
