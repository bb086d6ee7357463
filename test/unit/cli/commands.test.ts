import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../src/cli/main';
import { keysFrom } from '../../../src/codec/keys';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-cli-'));
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

const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('rate', () => {
  const battle = (winner: string, prompt: number) =>
    JSON.stringify({ model_a: 'big', model_b: 'small', winner, prompt_id: `p${prompt}` });
  const rows = Array.from({ length: 40 }, (_, index) => battle(index % 4 === 0 ? 'model_b' : 'model_a', index));

  it('prints one JSON document with intervals, on the anchor that is asked for', async () => {
    const path = file('battles.jsonl', rows.join('\n'));
    expect(await main(['rate', path, '--anchor', 'small=1000', '--seed', '1', '--json'])).toBe(0);
    const { models, resample } = JSON.parse(out) as { models: Record<string, unknown>[]; resample: string };
    expect(resample).toBe('prompt');
    expect(models.map(({ model, battles, wins }) => [model, battles, wins])).toEqual([
      ['big', 40, 30],
      ['small', 40, 10],
    ]);
    // 400 log10(3): three wins to each loss.
    expect(models[0]?.['fit']).toBeCloseTo(1000 + 400 * Math.log10(3), 6);
    expect(models[1]).toMatchObject({ rating: 1000, lower: 1000, upper: 1000 });
    expect(err).toBe('');
  });

  it('warns where no prompts are known', async () => {
    const path = file('battles.csv', 'model_a,model_b,winner\na,b,model_a\na,b,model_b\nb,a,tie\n');
    expect(await main(['rate', path])).toBe(0);
    expect(out).toContain('a');
    expect(err).toMatch(/prompt/);
  });

  it.each([
    ['an unknown winner', 'model_a,model_b,winner\na,b,left\n', /battles\.csv, line 2/],
    ['an empty file', '', /battles\.csv/],
    ['a model against itself', 'model_a,model_b,winner\na,a,model_a\n', /battles\.csv, line 2/],
  ])('refuses %s with the place, and exit code 2', async (_name, text, place) => {
    expect(await main(['rate', file('battles.csv', text)])).toBe(2);
    expect(err).toMatch(place);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('consistency', () => {
  const published = '/work/shared/data/wizardarena-mix.csv';
  (existsSync(published) ? it : it.skip)(
    'gives the paper’s four numbers from its published ratings (needs shared/data)',
    async () => {
      const rows = readFileSync(published, 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(','));
      // The published ends are distances from the rating.
      const table = (name: string, [rating, upper, lower]: [number, number, number]) =>
        file(
          name,
          `model,rating,lower,upper\n${rows
            .filter((row) => row[rating] !== '')
            .map((row) =>
              [
                row[0],
                row[rating],
                Number(row[rating]) - Number(row[lower]),
                Number(row[rating]) + Number(row[upper]),
              ].join(','),
            )
            .join('\n')}\n`,
        );
      expect(await main(['consistency', table('lmsys.csv', [1, 2, 3]), table('mix.csv', [4, 5, 6]), '--json'])).toBe(0);
      const result = JSON.parse(out) as Record<string, number>;
      const rounded = ['spearman', 'agreement', 'differentiation', 'average'].map((name) => result[name]?.toFixed(2));
      expect(rounded).toEqual(['99.23', '99.11', '98.02', '98.79']);
    },
  );
});

describe('judge parse', () => {
  it('prints one verdict per line', async () => {
    const texts = ['Fine.\nScore A: 8\nScore B: 6.5', 'My final verdict is [[B]]', 'I cannot say.', 'Error: 500'];
    const path = file('texts.jsonl', texts.map((text) => JSON.stringify({ text })).join('\n'));
    expect(await main(['judge', 'parse', path])).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { verdict: 'model_a', score_a: 8, score_b: 6.5 },
      { verdict: 'model_b', score_a: null, score_b: null },
      { verdict: 'invalid', score_a: null, score_b: null },
      { verdict: 'failed', score_a: null, score_b: null },
    ]);
  });

  it('prints one document, or none where a line is broken', async () => {
    const path = file('texts.jsonl', '{"text": "[[A]]"}\n{"text": null}\n');
    expect(await main(['judge', 'parse', path, '--template', 'mt-bench', '--json'])).toBe(0);
    expect(JSON.parse(out)).toEqual({
      template: 'mt-bench',
      verdicts: [
        { verdict: 'model_a', score_a: null, score_b: null },
        { verdict: 'failed', score_a: null, score_b: null },
      ],
    });
    out = '';
    expect(await main(['judge', 'parse', file('broken.jsonl', '{"text": "[[A]]"}\n{"text"'), '--json'])).toBe(2);
    expect(out).toBe('');
  });

  it('names the line that is broken', async () => {
    expect(await main(['judge', 'parse', file('texts.jsonl', '{"text": "x"}\n{"text"')])).toBe(2);
    expect(err).toContain(', line 2');
  });
});

describe('codec', () => {
  it('prints a key that it takes', async () => {
    expect(await main(['codec', '--new-key', '--json'])).toBe(0);
    const { variable, key } = JSON.parse(out) as { variable: string; key: string };
    expect(variable).toBe('FLYWHEEL_PAYLOAD_KEY');
    expect(keysFrom({ [variable]: key }).size).toBe(1);
  });
});

describe('complete', () => {
  beforeEach(() => {
    jest.spyOn(console, 'log').mockImplementation((text) => void (out += `${String(text)}\n`));
  });

  it('prints a script that bash can read, and what may follow', async () => {
    expect(await main(['complete', 'bash'])).toBe(0);
    expect(out).toContain('complete -F __flywheel_complete flywheel');
    execFileSync('bash', ['-n'], { input: out });
    out = '';
    expect(await main(['complete', '--', 'sta'])).toBe(0);
    expect(out).toMatch(/^status\t.+\n:\d+\n$/);
  });
});

describe('colours', () => {
  const { isTTY } = process.stdout;
  const { NO_COLOR, TERM } = process.env;
  const set = (name: string, value: string | undefined) =>
    value === undefined ? delete process.env[name] : (process.env[name] = value);
  const terminal = (value: boolean) =>
    Object.defineProperty(process.stdout, 'isTTY', { value, configurable: true, writable: true });
  afterEach(() => {
    terminal(isTTY);
    set('NO_COLOR', NO_COLOR);
    set('TERM', TERM);
  });

  it.each<[string, boolean, string | undefined, string, boolean]>([
    ['on a terminal', true, undefined, 'xterm', true],
    ['with NO_COLOR', true, '1', 'xterm', false],
    ['with an empty NO_COLOR, which says nothing', true, '', 'xterm', true],
    ['on a terminal that has none', true, undefined, 'dumb', false],
    ['in a pipe', false, undefined, 'xterm', false],
  ])('%s', async (_where, isTerminal, noColor, term, coloured) => {
    terminal(isTerminal);
    set('NO_COLOR', noColor);
    set('TERM', term);
    expect(await main(['rate', file('battles.csv', 'model_a,model_b,winner\na,b,model_a\na,b,model_b\n')])).toBe(0);
    expect(out.includes('\u001b[')).toBe(coloured);
  });
});

describe('config', () => {
  it('prints the JSON Schema', async () => {
    expect(await main(['config', 'schema'])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ type: 'object' });
  });

  it('checks a file', async () => {
    expect(await main(['config', 'check', file('run.yaml', 'roundz: 3\n')])).toBe(2);
    expect(err).toContain('roundz: no such setting; did you mean "rounds"?');
  });
});

it.each([
  [['nonsense']],
  [['rate']],
  [['demo', '--rounds', 'many']],
  [['run', '/nowhere.yaml']],
  [['worker', '--roles', 'trainer']],
  [['rollback', 'run', '--round', '1', '--set', 'dpo']],
  [['rollback', 'run', '--round', '1', '--set', '{dpo: {']],
])('wrong usage is exit code 2: %j', async (args) => {
  expect(await main(args)).toBe(2);
  expect(err).not.toBe('');
});

it('every command has help with an example', async () => {
  for (const command of [
    'demo',
    'up',
    'worker',
    'run',
    'status',
    'leaderboard',
    'rate',
    'consistency',
    'doctor',
    'migrate',
    'pause',
    'rollback',
    'decide',
  ]) {
    out = '';
    expect(await main([command, '--help'])).toBe(0);
    expect(out).toMatch(/Examples?:\n {2}npx flywheel/);
  }
});
