import type { Config } from '../../config/schema';
import { frameTokens } from '../forecast';
import { ASSUMED_ANSWER, ASSUMED_EXPLANATION } from '../usage';
import { workOf } from '../work';
import type { TrainedStage } from './memory';

/** Prompts of a slice, and what its battles gave for SFT in each round, as the paper reports for its 7B target (arXiv 2407.10627). */
export const SLICE = 30_000;
export const SFT_ROWS = [14_600, 11_300, 7800];
/** Share of a slice's prompts that give a preference pair; the paper is silent, so this is assumed. */
export const PAIR_SHARE = 0.5;
/** Tokens of a dialogue before the answer, assumed; those of an answer and of an explanation are those of `flywheel plan`. */
export const PROMPT = 250;
export const ANSWER = ASSUMED_ANSWER;
export const EXPLANATION = ASSUMED_EXPLANATION;

/** Sizes of the parts of the split, with the paper's slices; the test set and the gates' reserve as the configuration says. */
export function partSizes({ rounds, stages, evaluation, gate }: Config): Map<string, number> {
  const slices = Array.from({ length: rounds * stages.length }, (_, index) => [`slice-${index + 1}`, SLICE] as const);
  return new Map([['test', evaluation.size], ['gate', gate.prompts], ...slices]);
}

/** Tokens of a judge's prompt: its instructions, the dialogue, two answers. */
export const judgePrompt = (judge: Config['judge']): number => frameTokens(judge) + PROMPT + 2 * ANSWER;

/** What a round's arenas ask: answers by player (the target under `target`), games by judge. */
export interface Asked {
  battles: number;
  answers: Map<string, number>;
  games: { data: number; evaluation: number };
}

/** What is asked in each round, round 0 with the first. */
export function askedIn(config: Config): Asked[] {
  const rounds: Asked[] = Array.from({ length: config.rounds }, () => ({
    battles: 0,
    answers: new Map<string, number>(),
    games: { data: 0, evaluation: 0 },
  }));
  for (const { step, battles, answers, judge } of workOf(config, partSizes(config))) {
    const round = rounds[Math.max(0, Number(/^r(\d+)-/.exec(step)?.[1] ?? 1) - 1)];
    if (!round) continue;
    round.battles += battles;
    round.games[judge] += 2 * battles;
    for (const [player, calls] of answers) round.answers.set(player, (round.answers.get(player) ?? 0) + calls);
  }
  return rounds;
}

/** Tokens that a stage trains on in a round (from 1), with its epochs: the data of all rounds so far accumulate. */
export function trainedTokens(config: Config, stage: TrainedStage, round: number): number {
  const rows = SFT_ROWS.slice(0, round).reduce((sum, count) => sum + count, 0);
  const pairs = PAIR_SHARE * SLICE * round;
  const row = PROMPT + ANSWER;
  const { sft, dpo, ppo } = config;
  switch (stage) {
    case 'sft':
      return sft.epochs * rows * row;
    case 'dpo':
      return dpo.epochs * pairs * 2 * row;
    case 'reward':
      return ppo.rewardModel.epochs * pairs * 2 * row;
    case 'ppo':
      return ppo.epochs * SLICE * round * row;
  }
}

/** Answers that PPO writes in a round. */
export const rollouts = ({ ppo }: Config, round: number): number => ppo.epochs * SLICE * round;
