import type { Command } from 'commander';
import { buildProgram, main } from '../../../src/cli/main';

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

it.each(paths(buildProgram()).map((path) => [path.join(' '), path]))(
  'flywheel %s --help ends with an example',
  async (name, path) => {
    expect(await main([...path, '--help'])).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: flywheel ${name}`));
    expect(out).toMatch(/\nExamples?:\n( {2}.*npx flywheel .+\n)+$/);
  },
);
