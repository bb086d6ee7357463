import type { Command } from 'commander';
import { main } from '../../../src/cli/main';
import { JSON_OPTION } from '../../../src/cli/options';
import { buildProgram } from '../../../src/cli/program';

let out: string;

beforeEach(() => {
  out = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
});

afterEach(() => jest.restoreAllMocks());

function paths(command: Command, path: readonly string[] = []): string[][] {
  const own = command.commands.flatMap((one) => paths(one, [...path, one.name()]));
  return path.length > 0 ? [[...path], ...own] : own;
}

it('every command has a help that ends with an example', async () => {
  for (const path of paths(await buildProgram())) {
    out = '';
    expect(await main([...path, '--help'])).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: flywheel ${path.join(' ')}`));
    expect(out).toMatch(/\nExamples?:\n( {2}.*npx flywheel .+\n)+$/);
  }
});

it('every command that does something prints one JSON document if it is asked to', async () => {
  const leaves = (command: Command, path: string): [string, Command][] =>
    command.commands.length === 0
      ? [[path, command]]
      : command.commands.flatMap((one) => leaves(one, `${path} ${one.name()}`));
  const without = leaves(await buildProgram(), 'flywheel').filter(
    ([, { options }]) => !options.some(({ long, description }) => long === '--json' && description === JSON_OPTION[1]),
  );
  // What it prints is a script for a shell.
  expect(without.map(([path]) => path)).toEqual(['flywheel complete']);
});

it.each([
  [['statu'], /Did you mean status\?/],
  [['judge', 'adit'], /Did you mean audit\?/],
  [['rate', 'x.csv', '--resampel', 'prompt'], /Did you mean --resample\?/],
])('%j suggests the nearest, with exit code 2', async (args, suggestion) => {
  let err = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  expect(await main(args)).toBe(2);
  expect(err).toMatch(suggestion);
  expect(out).toBe('');
});
