/** `npm run bench -- [NAME ...] [--json] [--short]`: runs benches and prints `{rows}` or a table. Exit 1 where a goal is missed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { harmless, table } from '../src/cli/output';
import type { Bench, Row } from './bench';

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

async function main(): Promise<void> {
  const { names, json, short } = optionsOf(process.argv.slice(2), benchNames());
  const rows: Row[] = [];
  for (const name of names) {
    const { bench } = (await import(join(__dirname, name, 'index.js'))) as { bench: Bench };
    process.stderr.write(`${bench.name}: ${bench.about}\n`);
    rows.push(...(await bench.run({ short, say: (line) => process.stderr.write(`${harmless(line)}\n`) })));
  }
  process.stdout.write(json ? `${JSON.stringify({ rows }, null, 2)}\n` : `${printed(rows)}\n`);
  process.exitCode = rows.some(({ ok }) => ok === false) ? 1 : 0;
}

void main();
