import Table from 'cli-table3';
import type { CriteriaShares, DemoResult, DemoRound, DemoStage } from '../../demo/results';
import { colours } from '../output';

const COLUMNS = ['', 'rating', 'data judge', 'correct', 'core 2-4', 'style', 'form', 'decision'];

/** The demo's end: the target over stages and rounds by both judges, the leaderboard, and what each figure means. */
export function demoReport(result: DemoResult): string {
  const { rounds, leaderboard, gain, observations, ledger } = result;
  const parts = [
    heading('The target, stage by stage'),
    stagesTable(rounds),
    'rating: by the evaluation judge, which weighs correctness far more and form less; the data judge selects the training data.',
    'correct … form: share of its answers on the test prompts that meet each criterion.',
    heading('Rating over the run (evaluation judge)'),
    chart(rounds),
    heading('Leaderboard'),
    leaderboardTable(leaderboard),
  ];
  if (gain) parts.push(gainSentence(gain));
  parts.push(...observations.map((sentence) => colours().yellow(sentence)));
  parts.push(
    `${ledger.calls} calls, ${ledger.tokens} tokens, $${ledger.usd.toFixed(2)} at the sandbox's invented prices; nobody was charged.`,
  );
  return parts.join('\n');
}

const heading = (text: string) => `\n${colours().bold(text)}`;

/** `1050 (1021 to 1080)`; an end that the data set no limit to is shown as infinite. */
export function intervalText(
  interval: { rating: number | null; lower: number | null; upper: number | null } | null,
): string {
  if (interval?.rating == null) return '';
  const { rating, lower, upper } = interval;
  return `${rating.toFixed(0)} (${lower?.toFixed(0) ?? '-∞'} to ${upper?.toFixed(0) ?? '∞'})`;
}

function stagesTable(rounds: readonly DemoRound[]): string {
  const table = new Table({ head: COLUMNS, style: { head: [], border: [] } });
  for (const round of rounds) {
    for (const stage of round.stages)
      table.push([`round ${round.round} ${stage.stage}`, ...figures(stage), stage.decision + kl(stage)]);
    table.push([
      round.round === 0 ? 'start' : colours().bold(`round ${round.round} champion`),
      ...figures(round),
      round.decision,
    ]);
  }
  return table.toString();
}

const kl = ({ kl: nats }: DemoStage) => (nats === null ? '' : `, KL ${nats.toFixed(2)} nats`);

function figures({
  dataJudge,
  criteria,
  ...rating
}: Pick<DemoStage, 'rating' | 'lower' | 'upper' | 'dataJudge' | 'criteria'>): string[] {
  return [intervalText(rating), intervalText(dataJudge), ...shares(criteria)];
}

function shares(criteria: CriteriaShares | null): string[] {
  if (!criteria) return ['', '', '', ''];
  const mean = (...values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const { correct, core2, core3, core4, style, opening, note, closing } = criteria;
  return [correct, mean(core2, core3, core4), style, mean(opening, note, closing)].map((value) => value.toFixed(2));
}

const CHART_COLUMNS = 48;

/** One bar for each evaluated model, from a little below the lowest rating to the highest. */
function chart(rounds: readonly DemoRound[]): string {
  const points = rounds.flatMap(({ round, stages, rating }) =>
    round === 0
      ? [{ label: 'start', rating }]
      : stages.map((stage) => ({ label: `round ${round} ${stage.stage}`, rating: stage.rating })),
  );
  const known = points.flatMap(({ rating }) => rating ?? []);
  const floor = Math.min(...known) - 0.1 * (Math.max(...known) - Math.min(...known) + 1);
  const scale = CHART_COLUMNS / (Math.max(...known) - floor);
  return points
    .map(
      ({ label, rating }) =>
        `${label.padEnd(14)}${rating === null ? '' : `${'█'.repeat(Math.round((rating - floor) * scale))} ${rating.toFixed(0)}`}`,
    )
    .join('\n');
}

function leaderboardTable(rows: DemoResult['leaderboard']): string {
  const table = new Table({ head: ['', 'model', 'rating (95% interval)'], style: { head: [], border: [] } });
  rows.forEach(({ model, ...rating }, index) =>
    table.push([String(index + 1), /^(I0|r\d)/.test(model) ? colours().bold(model) : model, intervalText(rating)]),
  );
  return table.toString();
}

function gainSentence({ champion, difference, lower, upper }: NonNullable<DemoResult['gain']>): string {
  const clear = lower !== null && lower > 0;
  const { green, yellow } = colours();
  const text = `The champion ${champion} stands ${difference.toFixed(0)} points above the start (${lower?.toFixed(0) ?? '-∞'} to ${upper?.toFixed(0) ?? '∞'}, same prompts): ${clear ? 'a gain' : 'not shown to be a gain'}.`;
  return clear ? green(text) : yellow(text);
}
