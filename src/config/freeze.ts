import { contentId } from '../identity';
import { judgeMembers, memberParty } from '../models/roster';
import type { Config, JudgeConfig } from './schema';

/** Who judges; a judge alone reads as it did before there were juries, so that older runs keep their hash. */
const judged = (judge: JudgeConfig) => {
  const [own, ...others] = judgeMembers(judge).map((member) => memberParty(member).identity);
  return judge.jury ? { ...own, jury: { rule: judge.jury.rule, with: others } } : own;
};

/** Vectors belong to a model and its revision, wherever it answers; the built-in embedding reads as nothing, as it did before there were others. */
const embeddedBy = (embedding: Config['prompts']['embedding']) =>
  embedding === null
    ? undefined
    : 'onnx' in embedding
      ? embedding
      : { model: embedding.model, revision: embedding.revision };

/** Settings that were added later read as nothing where they stand as it was before, so that older runs keep their hash. */
function stageSettings({ sft, dpo, ppo }: Config) {
  const unless = <T>(value: T, before: T) => (value === before ? undefined : value);
  const data = (stage: Pick<Config['sft'], 'data'>) => unless(stage.data, 'accumulate');
  const { rewardModel } = ppo;
  return {
    sft: { ...sft, data: data(sft) },
    dpo: { ...dpo, data: data(dpo) },
    ppo: {
      ...{ ...ppo, data: data(ppo), reference: unless(ppo.reference, 'init') },
      algorithm: unless(ppo.algorithm, 'ppo'),
      generations: ppo.algorithm === 'ppo' ? undefined : ppo.generations,
      rewardModel: { ...rewardModel, init: unless(rewardModel.init, 'policy') },
    },
  };
}

/** A list without members reads as nothing, as it did before there were such lists. */
const unlessNone = <T>(list: readonly T[]) => (list.length === 0 ? undefined : list);

/** What is not looked for reads as nothing, as it did before it could be. */
const decontaminatedBy = ({ decontaminate, contamination }: Config['prompts']) =>
  decontaminate === null ? { decontaminate: undefined, contamination: undefined } : { decontaminate, contamination };

/**
 * The part of a configuration that decides results. What is left out is how things are reached (addresses, keys,
 * concurrency, prices, where training and serving happen) and how far the run goes: these may change between stages.
 */
export function frozenPart(config: Config): unknown {
  const { target, competitors, judge, evaluation, arena, prompts } = config;
  return {
    seed: config.seed,
    stages: config.stages,
    target: target && {
      base: target.base,
      // Merged reads as it did before there was a choice.
      adapters: target.adapters === 'merged' ? undefined : target.adapters,
      chatTemplate: target.chatTemplate,
      endOfTurn: target.endOfTurn,
      systemPrompt: target.systemPrompt,
      sampling: target.sampling,
    },
    start: config.start,
    competitors: competitors.map((player) =>
      'answers' in player
        ? player
        : {
            id: player.id,
            model: player.model,
            revision: player.revision,
            systemPrompt: player.systemPrompt,
            sampling: player.sampling,
            joins: player.joins,
          },
    ),
    judge: judged(judge),
    evaluation: {
      ...evaluation,
      judge: evaluation.judge && judged(evaluation.judge),
      commands: unlessNone(evaluation.commands),
    },
    arena: { pairs: arena.pairs },
    prompts: { ...prompts, ...decontaminatedBy(prompts), embedding: embeddedBy(prompts.embedding) },
    ...stageSettings(config),
    selection: config.selection,
    // Weights trained in another precision are other weights.
    training: { dtype: config.training.dtype },
    gate: { ...config.gate, floors: unlessNone(config.gate.floors) },
    anchor: config.anchor,
  };
}

/** Hash of what decides results; a used run id refuses a configuration with another one. */
export function configHash(config: Config): string {
  return contentId(frozenPart(config));
}

/** Gates that a run of this configuration holds: one after each stage, one after each round. */
export function gatesInRun({ rounds, stages }: Pick<Config, 'rounds' | 'stages'>): number {
  return rounds * (stages.length + 1);
}
