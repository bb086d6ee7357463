import pc from 'picocolors';
import { bar, ratingText } from '../../../workflows/progress';
import type { Progress } from '../../../workflows/types';

/** The line of what happens now, without its end: `round 1 sft · playing … ███░ 2400/5000 400/s 7 s left · $0.36`. */
export function nowLine({ round, stage, step, status, done, total, rate, etaSeconds, spend }: Progress): string {
  const where = stage === 'start' ? 'start' : stage === 'round' ? `round ${round} end` : `round ${round} ${stage}`;
  const pace = total === 0 ? '' : ` ${bar(done / total)} ${done}/${total}${rate === null ? '' : ` ${rate.toFixed(0)}/s`}${etaSeconds === null ? '' : ` ${Math.ceil(etaSeconds)} s left`}`;
  return `${pc.cyan(where.padEnd(12))} ${status === 'running' ? step : `${status}: ${step}`}${pace} · $${spend.usd.toFixed(2)}`;
}

/** Lines for the steps that have been finished since `shown` of them: rating with interval, decision and why. */
export function finishedLines({ steps }: Progress, shown: number): string[] {
  return steps.slice(shown).flatMap(({ label, rating, dataRating, decision, gate }) => {
    const ratings = [rating && `rating ${pc.bold(ratingText(rating))}`, dataRating && `by the data judge ${ratingText(dataRating)}`].filter(Boolean).join(', ');
    return [`${pc.green('✓')} ${label}: ${[ratings, decision].filter(Boolean).join('; ')}`, ...(gate ? [pc.dim(`  gate: ${gate}`)] : [])];
  });
}
