import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../src/cli/main';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consistency-'));
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

function tables(): [string, string] {
  const write = (name: string, rows: string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, ['model,rating,lower,upper', ...rows].join('\n'));
    return path;
  };
  return [
    write('reference.csv', ['a,900,880,920', 'anchor,1000,980,1020', 'b,1030,1010,1050', 'c,1060,1055,1080']),
    write('candidate.csv', ['a,900,880,920', 'anchor,1000,1000,1000', 'b,1030,1000,1060', 'c,1060,1040,1090']),
  ];
}

describe('consistency', () => {
  it('adds the document without the anchor where an interval has no width', async () => {
    expect(await main(['consistency', ...tables(), '--json'])).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({ models: 4, pairs: 6, withoutAnchor: { models: 3, pairs: 3, anchors: ['anchor'] } });
  });

  it('leaves models out by name, as often as --without is given', async () => {
    expect(await main(['consistency', ...tables(), '--without', 'anchor', '--json'])).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({ models: 3, pairs: 3 });
    expect(result).not.toHaveProperty('withoutAnchor');
    out = '';
    expect(await main(['consistency', ...tables(), '--without', 'anchor', '--without', 'a', '--json'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ models: 2, pairs: 1 });
  });

  it('shows both for people', async () => {
    expect(await main(['consistency', ...tables()])).toBe(0);
    expect(out).toMatch(
      /4 models in both tables[\s\S]*Without the anchor[^\n]*: anchor\n[\s\S]*3 models in both tables/,
    );
  });

  it('exits with 2 and names who could be left out', async () => {
    expect(await main(['consistency', ...tables(), '--without', 'ghost'])).toBe(2);
    expect(err).toMatch(/"ghost" is not in both tables.*choose one of: a, anchor, b, c/);
    expect(out).toBe('');
  });
});
