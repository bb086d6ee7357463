import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { main } from '../../../src/cli/main';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flywheel-audit-'));
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const jsonl = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

const VOTES = 'question_id,model_a,model_b,winner\n1,x,y,model_a\n2,y,x,model_a\n3,x,y,tie\n4,x,y,model_b\n';
const pair = (question_id: number, g1_winner: string, g2_winner: string) => ({
  ...{ question_id, model_1: 'x', model_2: 'y', g1_winner, g2_winner },
});
const JUDGED = [
  pair(1, 'model_1', 'model_1'),
  pair(2, 'model_1', 'model_2'),
  pair(3, 'tie', 'tie'),
  pair(4, 'error', 'model_1'),
  { ...pair(5, 'tie', 'tie'), model_2: 'x' },
];
const audit = (human: string, judge: string, ...more: string[]) =>
  main(['judge', 'audit', '--human', human, '--judge', judge, ...more]);

it('prints one JSON document: what was read, what was left out, and every measure', async () => {
  const judge = file('pairs.json.gz', gzipSync(JSON.stringify(JUDGED)));
  expect(await audit(file('votes.csv', VOTES), judge, '--json')).toBe(0);
  expect(err).toBe('');
  const result = JSON.parse(out) as { agreement: unknown[] };
  expect(result).toMatchObject({
    judge: { judgements: 4, skipped: [{ reason: 'a model against itself', count: 1, firstLine: 1 }] },
    human: { votes: 4, skipped: [], elsewhere: 0 },
    // Question 2 is inconsistent, a tie, where the person prefers y; question 4 cannot be read.
    agreement: [
      { turn: null, judge: { withTies: { value: 2 / 3, n: 3 }, withoutTies: { value: 1, n: 1 } }, people: {} },
    ],
    position: { inconsistent: { value: 1 / 3, n: 3 }, advantage: { n: 3 } },
    invalid: { value: 1 / 4, n: 4 },
  });
  expect(result.agreement).toHaveLength(1);
});

it('prints a sentence for each measure, what is not known, and on stderr what was left out', async () => {
  expect(await audit(file('votes.csv', VOTES), file('pairs.jsonl', jsonl(JUDGED)))).toBe(0);
  expect(out).toMatch(/agreement with ties +0\.6667 .* 3 +The judge says what a person says/);
  expect(out).toMatch(/first-shown advantage +0\.1667 .* 3 +What being shown first adds/);
  expect(out).toMatch(
    /Not known from what was given: people among themselves; longer wins, judge; .*length slope, people\.\n$/,
  );
  expect(err).toMatch(/pairs\.jsonl: 1 records left out: a model against itself \(the first in line 5\)\.\n$/);
});

it.each([
  ['no question in common', VOTES.replace(/^(\d)/gm, 'q$1'), /share no question.*begins with q1, the second with 1/],
  ['no pair in common', VOTES.replaceAll('y', 'z'), /on question 1 the first compares x with z .* the second x with y/],
  ['no question at all', 'model_a,model_b,winner\nx,y,tie\n', /votes\.csv, line 2: names no question/],
  ['an unknown winner', `${VOTES}5,x,y,left\n`, /votes\.csv, line 6, winner: "left" .*known are model_a/],
  ['an unknown form', 'name,age\nx,3\n', /votes\.csv, line 2: .*Known are: battles .*MT-bench pair judgments/],
  ['no votes', 'question_id,model_a,model_b,winner\n', /votes\.csv: holds no judgements/],
])('refuses %s with one sentence and exit code 2', async (_name, votes, message) => {
  expect(await audit(file('votes.csv', votes), file('pairs.jsonl', jsonl(JUDGED)))).toBe(2);
  expect(err).toMatch(message);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(out).toBe('');
});

it('asks for a judge, and knows which judges a run has', async () => {
  const votes = file('votes.csv', VOTES);
  expect(await main(['judge', 'audit', '--human', votes])).toBe(2);
  expect(err).toMatch(/--judge FILE, or name a run/);
  expect(await main(['judge', 'audit', 'my-run', '--human', votes, '--judge', 'pairs.jsonl'])).toBe(2);
  expect(err).toMatch(/evaluation or data, not pairs\.jsonl/);
});
