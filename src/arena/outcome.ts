/** What one judge text says about two answers, from the point of view of the first player of the battle. */
export type Verdict = 'win' | 'loss' | 'tie' | 'invalid';

/** What a battle's two games say together. The last two are counted and shown, and never become data or ratings. */
export type Outcome = 'win' | 'loss' | 'tie' | 'inconsistent' | 'invalid' | 'failed';

/**
 * Outcome of a battle for its first player, from the verdicts of its two games (null: no answer or no call).
 * Source: arXiv 2407.10627 for the two games with swapped answers; the table for ties is ours (shared/method.md).
 */
export function battleOutcome(first: Verdict | null, second: Verdict | null): Outcome {
  if (first === null || second === null) return 'failed';
  if (first === 'invalid' || second === 'invalid') return 'invalid';
  if (first === second) return first;
  if (first === 'tie') return second;
  if (second === 'tie') return first;
  return 'inconsistent';
}

/** The verdict of a game from its scores (1-10, or null where the text could not be read): the higher one wins. */
export function gameVerdict(own: number | null, other: number | null): Verdict {
  if (own === null || other === null) return 'invalid';
  return own > other ? 'win' : own < other ? 'loss' : 'tie';
}
