import type { Outcome } from '../arena/outcome';
import type { ScoredBattle } from '../store/arenas';

/** A battle of a group with its margin: the mean score of a minus that of b over its two games. */
export interface GroupBattle {
  position: number;
  a: string;
  b: string;
  outcome: Outcome;
  margin: number;
}

/** All battles on one prompt, and what they say of each player. */
export interface Group {
  prompt: string;
  battles: GroupBattle[];
  /** Selection score: the player's mean over its games in the group (shared/method.md). */
  scores: Map<string, number>;
}

/**
 * Groups of battles that may train: a group with an invalid, failed or unplayed battle is left out whole, because the
 * missing battle would bias its scores. Returns how many were left out.
 */
export function groupsOf(battles: readonly ScoredBattle[]): { groups: Group[]; incomplete: number } {
  const byPrompt = new Map<string, ScoredBattle[]>();
  for (const battle of battles) {
    const own = byPrompt.get(battle.prompt);
    if (own) own.push(battle);
    else byPrompt.set(battle.prompt, [battle]);
  }
  const groups: Group[] = [];
  let incomplete = 0;
  for (const [prompt, own] of byPrompt) {
    const group = groupOf(prompt, own);
    if (group) groups.push(group);
    else incomplete++;
  }
  return { groups, incomplete };
}

function groupOf(prompt: string, battles: readonly ScoredBattle[]): Group | null {
  const sums = new Map<string, { sum: number; n: number }>();
  const add = (player: string, score: number) => {
    const entry = sums.get(player) ?? { sum: 0, n: 0 };
    sums.set(player, { sum: entry.sum + score, n: entry.n + 1 });
  };
  const played: GroupBattle[] = [];
  for (const { position, a, b, outcome, scoreA, scoreB } of battles) {
    if (!outcome || outcome === 'invalid' || outcome === 'failed' || scoreA === null || scoreB === null) return null;
    add(a, scoreA);
    add(b, scoreB);
    played.push({ position, a, b, outcome, margin: scoreA - scoreB });
  }
  return { prompt, battles: played, scores: new Map([...sums].map(([player, { sum, n }]) => [player, sum / n])) };
}

/** The direct battle of two players, seen from the first: its outcome and margin; null where they did not meet. */
export function directBattle(
  group: Group,
  player: string,
  other: string,
): { position: number; outcome: Outcome; margin: number } | null {
  for (const { position, a, b, outcome, margin } of group.battles) {
    if (a === player && b === other) return { position, outcome, margin };
    if (a === other && b === player)
      return { position, outcome: outcome === 'win' ? 'loss' : outcome === 'loss' ? 'win' : outcome, margin: -margin };
  }
  return null;
}
