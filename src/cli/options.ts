import { Command, InvalidArgumentError } from 'commander';

/** A command with its description and its examples, which stand at the end of its help. */
export function describedCommand(name: string, description: string, ...examples: string[]): Command {
  const heading = examples.length === 1 ? 'Example' : 'Examples';
  return (
    new Command(name)
      .description(description)
      // Its first clause, for lists of commands.
      .summary(/^.*?(?=[.:;] |[.:;]?$)/.exec(description)?.[0] ?? description)
      .addHelpText('after', `\n${heading}:\n${examples.map((line) => `  npx flywheel ${line}`).join('\n')}`)
  );
}

/** `--json`, in the same words everywhere. */
export const JSON_OPTION = ['--json', 'print one JSON document on stdout, and nothing else'] as const;

/** `--metrics`, of whatever starts a worker. */
export const METRICS_OPTION = [
  '--metrics [address]',
  "serve the worker's metrics for Prometheus at a port of the loopback (9464 where none is named) or at host:port; also FLYWHEEL_METRICS",
] as const;

/** Reads a whole number from `least` on; for commander, which puts the option's name before the message. */
export function wholeNumber(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} on.`);
  };
}

/** Reads a share above zero, up to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a number above 0, up to 1.');
}

/** Reads a port. */
export function port(text: string): number {
  const value = wholeNumber(1)(text);
  if (value > 65_535) throw new InvalidArgumentError('Give a port from 1 to 65535.');
  return value;
}

/** Reads an amount of money above zero. */
export function dollars(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Give an amount in USD above zero, for example 50.');
}
