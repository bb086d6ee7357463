import type { Config } from '../config/schema';
import { capPerCluster } from './cluster-cap';
import { selectBaseline } from './baselines';
import type { Group } from './groups';
import { countTokens } from './length';
import { lengthEffect, refusesPair, type LengthEffect } from './length-guard';
import { selectAllPairs, selectPairs, selectSft, type Selection, type SelectionRules } from './select';
import { unfitReason } from './unfit';

export interface Chosen extends Selection {
  /** What length alone brings with this slice's judge; null where it cannot be told. */
  lengthEffect: LengthEffect | null;
}

/** What the selection of one kind of rows works on. */
export interface ChoosingFrom {
  groups: readonly Group[];
  /** The player that battled as target. */
  target: string;
  answer: (player: string, prompt: string) => { text: string; finishReason: string };
  promptText: (prompt: string) => string;
  /** The cluster of prompts that a prompt belongs to; null: none is known. */
  clusterOf: (prompt: string) => string | null;
}

/** Selects one kind of rows by the configuration: from battles, or by a baseline of the paper's ablation. */
export function chooseRows(
  kind: 'sft' | 'dpo' | 'reward',
  threshold: number,
  { selection, ppo, seed }: Pick<Config, 'selection' | 'ppo' | 'seed'>,
  { groups, target, answer, promptText, clusterOf }: ChoosingFrom,
): Chosen {
  const tokens = (player: string, prompt: string) => countTokens(answer(player, prompt).text);
  const effect = lengthEffect(groups, tokens);
  const rules: SelectionRules = {
    margin: selection.margin,
    unfit: (player, prompt) => unfitReason(answer(player, prompt), selection),
    refuses: ({ prompt, chosen, rejected, gap }) =>
      refusesPair({ mode: selection.lengthGuard, maxRatio: selection.lengthRatio }, effect, threshold, {
        gap,
        chosenTokens: tokens(chosen, prompt),
        rejectedTokens: tokens(rejected, prompt),
      }),
  };
  const capped = (selected: Selection): Chosen => {
    if (selection.maxPerCluster === null) return { ...selected, lengthEffect: effect };
    const { choices, left } = capPerCluster(selected.choices, clusterOf, selection.maxPerCluster);
    return {
      choices,
      counts: { ...selected.counts, selected: choices.length, ...(left > 0 ? { clusterFull: left } : {}) },
      lengthEffect: effect,
    };
  };
  if (kind === 'dpo' || (kind === 'reward' && ppo.rewardModel.pairs === 'best-worst'))
    return capped(selectPairs(groups, rules));
  if (kind === 'reward') return capped(selectAllPairs(groups, rules));
  const byBattles = capped(selectSft(groups, target, rules));
  if (selection.method === 'battles') return byBattles;
  const baseline = selectBaseline(groups, target, selection.method, {
    // As many as the battles give, so that only the choice differs.
    count: selection.baselineRows ?? byBattles.choices.length,
    seed,
    unfit: rules.unfit,
    promptTokens: (prompt) => countTokens(promptText(prompt)),
    clusterOf,
  });
  return { ...baseline, lengthEffect: effect };
}
