import { gameVerdict, type Verdict } from '../arena/outcome';

/** How a jury's games become one: see `jurySays`. */
export type JuryRule = 'majority' | 'mean';

/** What a game says, from the point of view of the answer that stood first. */
export interface Said {
  verdict: Verdict;
  scoreFirst: number | null;
  scoreSecond: number | null;
}

const unreadable: Said = { verdict: 'invalid', scoreFirst: null, scoreSecond: null };

/**
 * One game of a jury, derived from its members' games of the same two answers in the same order. It is invalid unless at least
 * half of the members can be read; the others do not count.
 * - `majority`: the verdict that most members gave, a tie where two verdicts share the lead. Its scores are the mean of those who gave it
 *   (of all who can be read where the lead is shared), so that the margin points where the verdict does; none where one of them has none.
 * - `mean`: the mean of each answer's scores; the higher one wins.
 */
export function jurySays(rule: JuryRule, games: readonly Said[]): Said {
  const readable = games.filter(({ verdict }) => verdict !== 'invalid');
  if (readable.length === 0 || 2 * readable.length < games.length) return unreadable;
  if (rule === 'mean') {
    const scores = meanScores(readable);
    return { verdict: gameVerdict(scores.scoreFirst, scores.scoreSecond), ...scores };
  }
  const [leader, second] = (['win', 'loss', 'tie'] as const)
    .map((verdict) => ({ verdict, votes: readable.filter((game) => game.verdict === verdict) }))
    .sort((one, other) => other.votes.length - one.votes.length);
  if (!leader || leader.votes.length === second?.votes.length) return { verdict: 'tie', ...meanScores(readable) };
  return { verdict: leader.verdict, ...meanScores(leader.votes) };
}

function meanScores(games: readonly Said[]): Pick<Said, 'scoreFirst' | 'scoreSecond'> {
  return {
    scoreFirst: mean(games.map((game) => game.scoreFirst)),
    scoreSecond: mean(games.map((game) => game.scoreSecond)),
  };
}

/** Rounded far below what judges can tell apart, so that equal sums taken in another order stay equal. */
function mean(scores: readonly (number | null)[]): number | null {
  const known = scores.filter((score) => score !== null);
  if (known.length < scores.length) return null;
  return Math.round((known.reduce((sum, score) => sum + score, 0) / known.length) * 1e4) / 1e4;
}
