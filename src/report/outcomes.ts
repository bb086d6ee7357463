import type { Outcome, Verdict } from '../arena/outcome';
import type { JudgeRole } from './document';

/** Battles of a pair that ended alike: outcome for `a`, and the verdicts of the game with `a` first and of that with `b` first. */
export interface BattleGroup {
  a: string;
  b: string;
  /** Null: not played yet. */
  outcome: Outcome | null;
  /** From the point of view of the answer shown first; null: no such game. */
  aFirst: Verdict | null;
  bFirst: Verdict | null;
  battles: number;
}

/** How the battles of two players ended, for `a`. */
export interface PairOutcomes extends Record<Outcome, number> {
  a: string;
  b: string;
  battles: number;
  /** Share of the readable games that `a` won, a tie half; null without one. Failed and invalid battles give none. */
  winRate: number | null;
}

/** How far a judge agrees with itself when the two answers change places. */
export interface JudgeConsistency extends Record<Outcome, number> {
  judge: string;
  role: JudgeRole;
  battles: number;
  /** Inconsistent battles among the readable ones; null without one. */
  inconsistentShare: number | null;
  /** Battles without a readable verdict among those judged; null without one. */
  invalidShare: number | null;
  /** Decided games that the answer shown first won; one half where position does not matter; null without one. */
  firstShownShare: number | null;
}

export const OUTCOMES: readonly Outcome[] = ['win', 'tie', 'loss', 'inconsistent', 'invalid', 'failed'];

const POINTS: Readonly<Record<Verdict, number | null>> = { win: 1, tie: 0.5, loss: 0, invalid: null };

/** Outcomes and win rate of each pair that met, each pair once with the player first that comes first in `order`. */
export function pairOutcomes(groups: readonly BattleGroup[], order: readonly string[]): PairOutcomes[] {
  const rank = new Map(order.map((name, index) => [name, index]));
  const rankOf = (name: string) => rank.get(name) ?? order.length;
  const pairs = new Map<string, { pair: Omit<PairOutcomes, 'winRate'>; points: number; games: number }>();
  for (const group of groups.map((one) => (rankOf(one.a) <= rankOf(one.b) ? one : turned(one)))) {
    const key = JSON.stringify([group.a, group.b]);
    const entry = pairs.get(key) ?? {
      pair: { a: group.a, b: group.b, battles: 0, ...noOutcomes() },
      points: 0,
      games: 0,
    };
    pairs.set(key, entry);
    entry.pair.battles += group.battles;
    if (group.outcome) entry.pair[group.outcome] += group.battles;
    if (group.outcome === 'invalid' || group.outcome === 'failed') continue;
    const own = group.aFirst && POINTS[group.aFirst];
    const other = group.bFirst && POINTS[group.bFirst];
    for (const points of [own, other === null ? null : 1 - other]) {
      if (points === null) continue;
      entry.points += points * group.battles;
      entry.games += group.battles;
    }
  }
  return [...pairs.values()]
    .map(({ pair, points, games }) => ({ ...pair, winRate: games > 0 ? points / games : null }))
    .sort((x, y) => rankOf(x.a) - rankOf(y.a) || rankOf(x.b) - rankOf(y.b));
}

/** A judge's outcomes over all pairs, and how much the order of the answers mattered to it. */
export function judgeConsistency(judge: string, role: JudgeRole, groups: readonly BattleGroup[]): JudgeConsistency {
  const counts = noOutcomes();
  let battles = 0;
  const first = { won: 0, lost: 0 };
  for (const { outcome, aFirst, bFirst, battles: count } of groups) {
    battles += count;
    if (outcome) counts[outcome] += count;
    for (const verdict of [aFirst, bFirst]) {
      if (verdict === 'win') first.won += count;
      if (verdict === 'loss') first.lost += count;
    }
  }
  const readable = counts.win + counts.loss + counts.tie + counts.inconsistent;
  return {
    judge,
    role,
    battles,
    ...counts,
    inconsistentShare: shareOf(counts.inconsistent, readable),
    invalidShare: shareOf(counts.invalid, readable + counts.invalid),
    firstShownShare: shareOf(first.won, first.won + first.lost),
  };
}

function noOutcomes(): Record<Outcome, number> {
  return { win: 0, loss: 0, tie: 0, inconsistent: 0, invalid: 0, failed: 0 };
}

/** The same battles as the other player sees them. */
function turned({ a, b, outcome, aFirst, bFirst, battles }: BattleGroup): BattleGroup {
  const seen = outcome === 'win' ? 'loss' : outcome === 'loss' ? 'win' : outcome;
  return { a: b, b: a, outcome: seen, aFirst: bFirst, bFirst: aFirst, battles };
}

function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
