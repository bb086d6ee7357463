import type { FlywheelState, Progress } from './types';

const BAR = 24;
/** Numbers of the user's benchmarks beside a rating. */
const SHOWN_METRICS = 3;

/** A run's progress as text for the UI's Current Details: a fenced block, because the UI shows tables without padding. */
export function renderProgress(progress: Progress): string {
  const { done, total } = progress;
  const lines: [string, string][] = [
    ['status', progress.status],
    ['round', `${progress.round} of ${progress.rounds}`],
    ['stage', progress.stage],
    ['now', progress.step],
  ];
  if (total > 0) lines.push(['battles', `${bar(done / total)} ${done}/${total}${paceOf(progress)}`]);
  lines.push([
    'cost',
    `$${progress.spend.usd.toFixed(2)}${progress.budgetUsd === null ? '' : ` of $${progress.budgetUsd.toFixed(2)}`} (${progress.spend.calls} calls)`,
  ]);
  for (const { label, decision, rating, benchmarks = {} } of progress.steps.slice(-8)) {
    const measured = Object.entries(benchmarks)
      .slice(0, SHOWN_METRICS)
      .map(([metric, value]) => `${metric} ${Number(value.toPrecision(3))}`);
    lines.push([label, [rating && ratingText(rating), decision, ...measured].filter(Boolean).join('  ')]);
  }
  for (const { player, ...rating } of progress.leaderboard.slice(0, 8)) lines.push([`  ${player}`, ratingText(rating)]);
  if (progress.lastAction) lines.push(['operator', progress.lastAction]);
  if (progress.lastProblem) lines.push(['problem', progress.lastProblem]);
  lines.push(['next', progress.nextAction]);
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const block = lines.flatMap(([name, text]) =>
    wrapped(text).map((part, index) => `${(index === 0 ? name : '').padEnd(width)}${part}`.trimEnd()),
  );
  return ['```', ...block.map((line) => line.replaceAll('```', "'''")), '```'].join('\n');
}

/** Columns of text that the UI shows beside the names without cutting it, in a window of 1,024 pixels. */
const COLUMNS = 44;

/** A text in lines of at most `COLUMNS`, broken between words. */
function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(/\s/)) {
    const last = lines.at(-1) ?? '';
    if (last && last.length + 1 + word.length > COLUMNS) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

function paceOf({ rate, etaSeconds }: Progress): string {
  return rate === null ? '' : `  ${rate.toFixed(0)}/s${etaSeconds === null ? '' : `, ${Math.ceil(etaSeconds)} s left`}`;
}

export function bar(share: number): string {
  const full = Math.round(BAR * Math.min(1, Math.max(0, share)));
  return '█'.repeat(full) + '░'.repeat(BAR - full);
}

export function ratingText({
  rating,
  lower,
  upper,
}: {
  rating: number;
  lower: number | null;
  upper: number | null;
}): string {
  const end = (value: number | null, open: string) => (value === null ? open : value.toFixed(0));
  return `${rating.toFixed(0)} (${end(lower, '-∞')} to ${end(upper, '∞')})`;
}

/** The finished steps as the progress document lists them. */
export function stepsOf({ finished }: FlywheelState): Progress['steps'] {
  return finished.map((step) => ({
    label: step.stage === 'start' ? 'I0' : `r${step.round}-${step.stage}-a${step.attempt}`,
    decision: step.decision === 'none' ? '' : step.decision === 'promote' ? 'promoted' : `kept ${step.model.label}`,
    rating: step.rating,
    dataRating: step.dataRating,
    gate: step.gate?.sentence ?? null,
    ...(step.benchmarks ? { benchmarks: step.benchmarks } : {}),
  }));
}
