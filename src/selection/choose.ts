import type { Config } from '../config/schema';
import { capPerCluster } from './cluster-cap';
import { selectBaseline } from './baselines';
import { lengthEffect, refusesPair, type LengthEffect } from './length-guard';
import type { Material } from './material';
import { selectAllPairs, selectPairs, selectSft, type Selection, type SelectionRules } from './select';

export interface Chosen extends Selection {
  /** What length alone brings with this slice's judge; null where it cannot be told. */
  lengthEffect: LengthEffect | null;
}

/** What the selection of one kind of rows works on. */
export interface ChoosingFrom {
  material: Pick<Material, 'groups' | 'facts'>;
  /** The player that battled as target. */
  target: string;
  /** Tokens of a prompt; for the baseline `longest` only. */
  promptTokens: (prompt: string) => number;
  /** The cluster of prompts that a prompt belongs to; null: none is known. */
  clusterOf: (prompt: string) => string | null;
}

/** Selects one kind of rows by the configuration: from battles, or by a baseline of the paper's ablation. */
export function chooseRows(
  kind: 'sft' | 'dpo' | 'reward',
  threshold: number,
  { selection, ppo, seed }: Pick<Config, 'selection' | 'ppo' | 'seed'>,
  { material: { groups, facts }, target, promptTokens, clusterOf }: ChoosingFrom,
): Chosen {
  const tokens = (player: string, prompt: string) => facts(player, prompt).tokens;
  const effect = lengthEffect(groups, tokens);
  const rules: SelectionRules = {
    margin: selection.margin,
    unfit: (player, prompt) => facts(player, prompt).unfit,
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
    promptTokens,
    clusterOf,
  });
  return { ...baseline, lengthEffect: effect };
}
