/** `npm run chaos -- [--seed N] [--only ROW] [--short] [--kills N] [--json]`: gives faults, prints `{rows}` or a table. Exit 1 where a row is red. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from '../bench/bench';
import { note, say, sayJson, table } from '../src/cli/output';
import { flywheelHome } from '../src/embedded/paths';
import { messageOf, UserError } from '../src/errors';
import { createChaos } from './disturb';
import type { Fault } from './fault';
import { FAULTS } from './faults';
import { killAtRandom } from './kills';
import { startServers } from './servers';

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`${option}: "${text}" is no whole number from 0 to 999999999.`);
  return Number(text);
}

function optionsOf(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({ args, options: { seed: text, only: text, kills: text, short: flag, json: flag } });
  const seed = wholeNumber('--seed', values.seed ?? '0');
  const kills = values.kills === undefined ? null : wholeNumber('--kills', values.kills);
  const { only, short = false, json = false } = values;
  const faults = FAULTS.filter((fault) =>
    only === undefined ? !short || fault.short === true : fault.name.includes(only),
  );
  if (faults.length === 0)
    throw new UserError(
      `--only: no row's name contains "${only}". Rows: ${FAULTS.map(({ name }) => name).join(', ')}.`,
    );
  return { seed, kills, faults, json };
}

const mark = ({ ok }: Row): string => (ok === null ? '' : ok ? 'ok' : 'RED');

const printed = (rows: readonly Row[]): string =>
  table(
    ['', 'fault', { name: 'figure', numbers: true }, 'unit', 'note'],
    rows.map((row) => [mark(row), row.name, String(row.figure), row.unit, row.note ?? '']),
  );

/** A row, told as soon as it is there: all of them take half an hour. */
async function told(fault: Fault, play: (fault: Fault) => Promise<Row>): Promise<Row> {
  const began = performance.now();
  const row = await play(fault);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  note(`${mark(row)} ${row.name} (${seconds} s) ${row.note ?? ''}`.trim());
  return row;
}

async function main(): Promise<void> {
  const { seed, kills, faults, json } = optionsOf(process.argv.slice(2));
  const root = join(flywheelHome(), 'chaos');
  const servers = await startServers(root);
  const rows: Row[] = [];
  try {
    const play = createChaos(servers, join(root, 'runs'), seed);
    if (kills === null) for (const fault of faults) rows.push(await told(fault, play));
    else rows.push(...(await killAtRandom(kills, seed, play, note)));
  } finally {
    await servers.stop();
  }
  if (json) sayJson({ rows });
  else say(printed(rows));
  process.exitCode = rows.some(({ ok }) => ok === false) ? 1 : 0;
}

main().catch((error: unknown) => {
  note(messageOf(error));
  process.exitCode = error instanceof TypeError || UserError.isInstance(error) ? 2 : 1;
});
