/**
 * `npm run bench -- [NAME ...] [--json] [--short]`: runs benches and prints `{rows}` or a table. Exit 1 where a goal is missed, or a
 * bench failed: then what was measured before is printed, in JSON beside the `error`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { harmless, table } from '../src/cli/output';
import { messageOf } from '../src/errors';
import type { Bench, Row } from './bench';
import { runBenches } from './run';

interface Options {
  names: string[];
  json: boolean;
  short: boolean;
}

function optionsOf(args: readonly string[], known: readonly string[]): Options {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = [
    ...args.filter((arg) => arg.startsWith('--') && arg !== '--json' && arg !== '--short'),
    ...names.filter((name) => !known.includes(name)),
  ];
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no bench or option ${unknown.join(', ')}. Usage: npm run bench -- [NAME ...] [--json] [--short], with the benches ${known.join(', ')}.\n`,
    );
    process.exit(2);
  }
  return {
    names: names.length > 0 ? names : [...known],
    json: args.includes('--json'),
    short: args.includes('--short'),
  };
}

/** Every folder here with an index is a bench, named as the folder. */
function benchNames(): string[] {
  return readdirSync(__dirname, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && readdirSync(join(__dirname, entry.name)).some((file) => /^index\.[jt]s$/.test(file)),
    )
    .map((entry) => entry.name)
    .sort();
}

function printed(rows: readonly Row[]): string {
  return table(
    ['', 'what', 'goal', { name: 'figure', numbers: true }, 'unit', 'note'],
    rows.map((row) => [
      row.ok === null ? '' : row.ok ? 'ok' : 'MISSED',
      row.name,
      row.goal,
      String(Number(row.figure.toPrecision(4))),
      row.unit,
      row.note ?? '',
    ]),
  );
}

const load = async (name: string): Promise<Bench> =>
  ((await import(join(__dirname, name, 'index.js'))) as { bench: Bench }).bench;

async function main(): Promise<void> {
  const { names, json, short } = optionsOf(process.argv.slice(2), benchNames());
  const say = (line: string) => void process.stderr.write(`${harmless(line)}\n`);
  const { rows, failure } = await runBenches(names, load, { short, say });
  const error = failure && { error: `${failure.bench}: ${messageOf(failure.error)}` };
  if (failure) say(`${failure.bench} failed, and nothing was measured after that: ${inspect(failure.error)}`);
  process.exitCode = failure || rows.some(({ ok }) => ok === false) ? 1 : 0;
  process.stdout.write(json ? `${JSON.stringify({ rows, ...error }, null, 2)}\n` : `${printed(rows)}\n`, () => {
    // What a failed bench left open must not keep the process.
    if (failure) process.exit();
  });
}

void main();
