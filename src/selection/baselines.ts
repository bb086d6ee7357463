import { seedFrom } from '../identity';
import { shuffled } from '../prompts/shuffle';
import type { Group } from './groups';
import { rankedPlayers, type Choice, type Selection } from './select';
import type { UnfitReason } from './unfit';

/** What the paper compares its selection with (arXiv 2407.10627, ablation): which prompts train, with no look at who lost. */
export type Baseline = 'random' | 'longest' | 'diverse' | 'whole';

export interface BaselineRules {
  /** Rows at most. */
  count: number;
  seed: number;
  unfit: (player: string, prompt: string) => UnfitReason | null;
  /** Tokens of a prompt, for `longest`. */
  promptTokens: (prompt: string) => number;
  /** Cluster of a prompt, for `diverse`; null: a cluster of its own. */
  clusterOf: (prompt: string) => string | null;
}

/**
 * SFT rows by a baseline. The label is the best competitor's answer on the prompt, as in the selection by battles, so that only
 * the choice of prompts differs; `rejected` and `gap` say how the target stood, and decide nothing.
 */
export function selectBaseline(
  groups: readonly Group[],
  target: string,
  baseline: Baseline,
  rules: BaselineRules,
): Selection {
  const counts: Record<string, number> = { selected: 0 };
  const count = (reason: string, n = 1) => (counts[reason] = (counts[reason] ?? 0) + n);
  const choices = groups.flatMap((group): Choice[] => {
    const others = rankedPlayers(group).filter((player) => player !== target);
    const reasons = others.map((player) => rules.unfit(player, group.prompt));
    const chosen = others[reasons.indexOf(null)];
    if (chosen === undefined) {
      count(reasons[0] ?? 'empty');
      return [];
    }
    const direct = group.battles.find(({ a, b }) => [a, b].includes(chosen) && [a, b].includes(target));
    const gap = (group.scores.get(chosen) ?? 0) - (group.scores.get(target) ?? 0);
    return [{ prompt: group.prompt, chosen, rejected: target, gap, battle: direct?.position ?? null }];
  });
  const kept = new Set(
    inOrder(
      choices.map(({ prompt }) => prompt),
      baseline,
      rules,
    ).slice(0, baseline === 'whole' ? Infinity : rules.count),
  );
  const selected = choices.filter(({ prompt }) => kept.has(prompt));
  count('selected', selected.length);
  if (selected.length < choices.length) count('notSampled', choices.length - selected.length);
  return { choices: selected, counts };
}

function inOrder(prompts: readonly string[], baseline: Baseline, rules: BaselineRules): string[] {
  const order = shuffled([...prompts].sort(), seedFrom(rules.seed, 'baseline'));
  if (baseline === 'longest') return order.sort((a, b) => rules.promptTokens(b) - rules.promptTokens(a));
  return baseline === 'diverse' ? acrossClusters(order, rules.clusterOf) : order;
}

/** One prompt of each cluster, then a second of each, and so on. */
function acrossClusters(order: readonly string[], clusterOf: BaselineRules['clusterOf']): string[] {
  const seen = new Map<string, number>();
  return order
    .map((prompt) => {
      const cluster = clusterOf(prompt);
      const turn = cluster === null ? 0 : (seen.get(cluster) ?? 0);
      if (cluster !== null) seen.set(cluster, turn + 1);
      return { prompt, turn };
    })
    .sort((x, y) => x.turn - y.turn)
    .map(({ prompt }) => prompt);
}
