import { battleOutcome, type Outcome, type Verdict } from '../arena/outcome';
import { gameKey, type GameScores } from '../store/games';

/**
 * Outcome, margin (mean score of a minus that of b; null without scores) and the initials of both verdicts of a battle from its two
 * stored games, for its first player. Null while a game is missing.
 */
export function battleResult(
  { prompt, playerA: a, playerB: b }: { prompt: string; playerA: string; playerB: string },
  games: ReadonlyMap<string, GameScores>,
): { outcome: Outcome; margin: number | null; verdicts: string } | null {
  const [one, two] = [games.get(gameKey(prompt, a, b)), games.get(gameKey(prompt, b, a))];
  if (!one || !two) return null;
  const second = mirrored(two.verdict);
  return {
    outcome: battleOutcome(one.verdict, second),
    margin: marginOf(one, two),
    verdicts: one.verdict.charAt(0) + second.charAt(0),
  };
}

function marginOf(one: GameScores, two: GameScores): number | null {
  if (one.scoreFirst === null || one.scoreSecond === null || two.scoreFirst === null || two.scoreSecond === null)
    return null;
  return (one.scoreFirst + two.scoreSecond) / 2 - (one.scoreSecond + two.scoreFirst) / 2;
}

/** A verdict of the swapped game as the other player sees it. */
function mirrored(verdict: Verdict): Verdict {
  return verdict === 'win' ? 'loss' : verdict === 'loss' ? 'win' : verdict;
}
