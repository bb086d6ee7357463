import { directBattle, type Group } from './groups';
import type { UnfitReason } from './unfit';

export interface SelectionRules {
  /** `group`: gap of the selection scores; `battle`: mean gap of the direct battle. */
  margin: 'group' | 'battle';
  /** Why a player's answer to a prompt may not be chosen; null where it may. */
  unfit: (player: string, prompt: string) => UnfitReason | null;
  /** Why a pair does not suffice (`refusesPair`); null where it does. */
  refuses: (choice: Choice) => 'belowThreshold' | 'tooLong' | null;
}

/** One training row before its texts: whose answer is chosen, over whose, and by which battle. */
export interface Choice {
  prompt: string;
  chosen: string;
  rejected: string;
  /** Judge points between them, by the rules' margin. */
  gap: number;
  /** Position of the direct battle in its arena; null where the two did not meet. */
  battle: number | null;
}

/** How many groups gave a row, and why the others gave none. */
export type SelectionCounts = Record<string, number>;

export interface Selection {
  choices: Choice[];
  counts: SelectionCounts;
}

/** What stands between two players of a group: null unless the first beat the second in a consistent battle. */
function victory(group: Group, winner: string, loser: string, margin: SelectionRules['margin']): Choice | null {
  const battle = directBattle(group, winner, loser);
  if (battle?.outcome !== 'win') return null;
  const gap = margin === 'battle' ? battle.margin : (group.scores.get(winner) ?? 0) - (group.scores.get(loser) ?? 0);
  return { prompt: group.prompt, chosen: winner, rejected: loser, gap, battle: battle.position };
}

/** Players of a group, the best first; equal scores are broken by player id. */
export function rankedPlayers(group: Group): string[] {
  return [...group.scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([player]) => player);
}

/**
 * SFT rows: where the target lost a consistent battle, the answer of the best of those that beat it, if the gap to the
 * target reaches the threshold (arXiv 2407.10627 §3; which winner, and the gap, as in shared/method.md).
 */
export function selectSft(groups: readonly Group[], target: string, rules: SelectionRules): Selection {
  return collect(groups, (group) => {
    const winners = rankedPlayers(group)
      .filter((player) => player !== target)
      .flatMap((player) => victory(group, player, target, rules.margin) ?? []);
    if (winners.length === 0) return 'targetNotBeaten';
    const reasons = winners.map(({ chosen }) => rules.unfit(chosen, group.prompt));
    const fit = winners[reasons.indexOf(null)];
    return fit ? (rules.refuses(fit) ?? fit) : (reasons[0] ?? 'empty');
  });
}

/**
 * Preference pairs: the best of the group over its worst, if their direct battle agrees and the gap suffices. Where only the target's
 * pairs were played (`arena.pairs: target`), the widest of these takes the place of best and worst.
 */
export function selectPairs(groups: readonly Group[], rules: SelectionRules): Selection {
  return collect(groups, (group) => {
    const order = rankedPlayers(group);
    const reasons = order.map((player) => rules.unfit(player, group.prompt));
    const best = order[reasons.indexOf(null)];
    const worst = order.at(-1);
    // Where only the worst answer may be chosen, what is wrong with the best one is the reason.
    if (!best || !worst || best === worst) return reasons[0] ?? 'empty';
    const [over, under] = widestMet(group, order, reasons) ?? [best, worst];
    const pair = victory(group, over, under, rules.margin);
    return pair ? (rules.refuses(pair) ?? pair) : 'inconsistent';
  });
}

/** The two players farthest apart that met, the upper one fit to be chosen; of a full group the best that is fit and the worst. */
function widestMet(
  group: Group,
  order: readonly string[],
  reasons: readonly (UnfitReason | null)[],
): [over: string, under: string] | null {
  let widest: { over: string; under: string; gap: number } | null = null;
  for (const [at, over] of order.entries())
    for (const under of reasons[at] === null ? order.slice(at + 1) : []) {
      const gap = (group.scores.get(over) ?? 0) - (group.scores.get(under) ?? 0);
      const wider = !widest || gap > widest.gap || (gap === widest.gap && over === widest.over);
      if (wider && directBattle(group, over, under)) widest = { over, under, gap };
    }
  return widest && [widest.over, widest.under];
}

/** All pairs of each group with a consistent winner and a sufficient gap: more, and easier, data for a reward model. */
export function selectAllPairs(groups: readonly Group[], rules: SelectionRules): Selection {
  const choices: Choice[] = [];
  const counts: SelectionCounts = { selected: 0 };
  for (const group of groups)
    for (const { a, b } of group.battles) {
      const pair = victory(group, a, b, rules.margin) ?? victory(group, b, a, rules.margin);
      const reason = pair
        ? (rules.unfit(pair.chosen, group.prompt) ?? rules.refuses(pair) ?? 'selected')
        : 'inconsistent';
      counts[reason] = (counts[reason] ?? 0) + 1;
      if (pair && reason === 'selected') choices.push(pair);
    }
  return { choices, counts };
}

function collect(groups: readonly Group[], choose: (group: Group) => Choice | string): Selection {
  const choices: Choice[] = [];
  const counts: SelectionCounts = { selected: 0 };
  for (const group of groups) {
    const choice = choose(group);
    const reason = typeof choice === 'string' ? choice : 'selected';
    counts[reason] = (counts[reason] ?? 0) + 1;
    if (typeof choice !== 'string') choices.push(choice);
  }
  return { choices, counts };
}

/** The threshold of a round: the last one given holds for all later rounds. */
export function thresholdOf(thresholds: readonly number[], round: number): number {
  return thresholds[Math.min(round, thresholds.length) - 1] ?? 0;
}
