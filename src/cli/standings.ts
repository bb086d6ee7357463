import { ratingText } from '../../workflows/progress';
import type { Progress } from '../../workflows/types';
import { shellWord } from '../shell-word';
import { table } from './output';

/** A run's steps and ratings as tables, for its end and for `status`. */
export function standings({ run, steps, leaderboard, spend }: Progress): string {
  const parts: string[] = [];
  if (steps.length > 0)
    parts.push(
      table(
        ['step', { name: 'rating (95% interval)', numbers: true }, 'decision'],
        steps.map(({ label, rating, decision }) => [label, rating ? ratingText(rating) : '', decision]),
      ),
    );
  if (leaderboard.length > 0)
    parts.push(
      table(
        ['player', { name: 'rating (95% interval)', numbers: true }],
        leaderboard.map(({ player, ...rating }) => [player, ratingText(rating)]),
      ),
    );
  parts.push(
    `${spend.calls} calls (${spend.failedCalls} failed), ${spend.tokens} tokens, $${spend.usd.toFixed(2)}. More: npx flywheel leaderboard ${shellWord(run)}`,
  );
  return parts.join('\n\n');
}
