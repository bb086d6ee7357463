import type { RatedModel } from '../../../src/arena/types';
import { judgeAgreement } from '../../../src/report/agreement';
import type { Report } from '../../../src/report/document';
import { judgeConsistency, pairOutcomes, type BattleGroup } from '../../../src/report/outcomes';
import type { Story } from '../../../src/report/story';

const rated = (model: string, rating: number, change: Partial<RatedModel> = {}): RatedModel => ({
  ...{ model, rating, fit: rating, lower: rating - 30, upper: rating + 30, se: 15 },
  rank: null,
  ...{ battles: 20, wins: 10, losses: 8, ties: 2 },
  ...change,
});

/** A story of a round whose PPO was sent back; texts that people write are `name`. */
export function sampleStory(name: string): Story {
  const step = { gate: null, battles: 20, rows: 5, seconds: 90 };
  return {
    facts: [['model', name]],
    steps: [
      { ...step, label: 'I0', decision: '', rating: { rating: 900, lower: 880, upper: 920 } },
      {
        ...step,
        label: 'r1-sft-a1',
        decision: 'promoted',
        rating: { rating: 960, lower: 930, upper: null },
        gate: name,
      },
      { ...step, label: 'r1-ppo-a1', decision: 'kept r1-sft-a1', rating: { rating: 940, lower: 910, upper: 970 } },
    ],
    datasets: [{ id: `${name}/r1-sft-a1/sft`, kind: 'sft', rows: 5, newRows: 5, sha256: 'a'.repeat(64) }],
    events: [{ at: '2026-11-25T20:00:00.000Z', kind: 'pause', sentence: name }],
    configuration: `name: ${JSON.stringify(name)}\nfence: "\`\`\`\`"\n`,
    command: 'npx flywheel run config.yaml --id ANOTHER',
  };
}

/** A report of three players; the second has an interval without an upper end. */
export function sampleReport(
  [best, open, last]: readonly [string, string, string],
  { judge = 'judge', run = 'run', warnings = [] as string[] } = {},
): Report {
  const groups: BattleGroup[] = [
    { a: open, b: best, outcome: 'loss', aFirst: 'loss', bFirst: 'win', battles: 6 },
    { a: open, b: best, outcome: 'inconsistent', aFirst: 'win', bFirst: 'win', battles: 2 },
    { a: best, b: last, outcome: 'win', aFirst: 'win', bFirst: 'tie', battles: 5 },
    { a: best, b: last, outcome: 'failed', aFirst: null, bFirst: null, battles: 3 },
    { a: open, b: last, outcome: 'invalid', aFirst: 'invalid', bFirst: 'loss', battles: 4 },
  ];
  const models = [rated(best, 1100), rated(open, 1000, { upper: null, flags: ['unbounded-above'] }), rated(last, 800)];
  return {
    run,
    label: 'I0',
    judge: { name: judge, heldOut: true, trains: false },
    table: {
      ...{ models, resample: 'prompt', clusters: 10, rounds: 100, seed: 0, point: 'median', anchor: { mean: 1000 } },
      warnings,
    },
    difference: null,
    pairs: pairOutcomes(groups, [best, open, last]),
    judges: [judgeConsistency(judge, 'evaluation', groups), judgeConsistency('other', 'data', groups)],
    agreement: judgeAgreement({ evaluation: judge, data: 'other' }, [{ evaluation: 'win', data: 'win', battles: 8 }]),
    story: sampleStory(best),
    spend: [{ name: best, role: 'player', calls: 3, failedCalls: 1, tokens: 1200, usd: 0.5 }],
    efficiency: { battles: 20, gamesPerDollar: 80, tokensPerBattle: 60, prefixReuse: 0.25 },
  };
}
