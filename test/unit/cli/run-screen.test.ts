import pc from 'picocolors';
import { cut } from '../../../src/cli/output';
import { duration, runScreen, whiskers } from '../../../src/cli/run-screen';
import type { Progress } from '../../../workflows/types';

const progress: Progress = {
  ...{ run: 'support', name: 'support', status: 'running', round: 1, rounds: 3, stage: 'dpo', step: 'battles' },
  ...{ done: 500, total: 2000, rate: 25, etaSeconds: 60 },
  spend: { calls: 1000, failedCalls: 3, tokens: 5, usd: 10 },
  budgetUsd: 40,
  steps: [
    {
      label: 'r1-sft-a1',
      decision: 'promoted',
      rating: { rating: 1010, lower: 990, upper: 1030 },
      dataRating: null,
      gate: 'wins',
    },
  ],
  leaderboard: [
    { player: 'tutor', rating: 1100, lower: 1080, upper: null },
    { player: 'poet', rating: 900, lower: 880, upper: 920 },
  ],
  ...{ lastAction: null, lastProblem: null, nextAction: 'none needed' },
};
const plain = pc.createColors(false);

it('shows battles, money and ratings with bars, and what is to be done', () => {
  const lines = runScreen(progress, { columns: 100, paint: plain });
  expect(lines.slice(0, 5)).toEqual([
    'support  running',
    'round 1 of 3 · dpo · battles',
    '',
    'battles   ██████░░░░░░░░░░░░░░░░░░ 500/2000  25/s, 60 s left',
    'cost      ██████░░░░░░░░░░░░░░░░░░ $10.00 of $40.00 (1000 calls, 3 failed)',
  ]);
  expect(lines.find((line) => line.includes('tutor'))).toMatch(/1100 \(1080 to ∞\) {2}.*├─*●▸$/);
  expect(lines.at(-1)).toBe('next      none needed');
});

it.each([30, 40, 60, 80, 200])('stays within %d columns and loses no word', (columns) => {
  const problem =
    'The endpoint http://gpu1:8000/v1 does not answer: connect ECONNREFUSED. Start it, then decide retry.';
  const lines = runScreen({ ...progress, lastProblem: problem }, { columns, paint: plain });
  expect(lines.filter((line) => line.length >= Math.max(columns, 48))).toEqual([]);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain(problem);
});

it('draws an interval on its scale, also where all ratings are the same', () => {
  expect(whiskers({ rating: 5, lower: 0, upper: 10 }, { from: 0, to: 10 }, 13)).toBe(' ├────●────┤');
  expect(whiskers({ rating: 5, lower: null, upper: null }, { from: 0, to: 10 }, 13)).toBe('◂─────●─────▸');
  expect(whiskers({ rating: 7, lower: 7, upper: 7 }, { from: 7, to: 7 }, 13)).toBe(' ●');
});

it('cuts a line by what is seen of it', () => {
  expect(cut('\x1b[32mgreen\x1b[39m and more', 7)).toBe('\x1b[32mgreen\x1b[39m a');
  expect(duration(41.2)).toBe('42 s');
  expect(duration(12_000)).toBe('3 h 20 min');
});
