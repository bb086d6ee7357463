import type { Config, StageName } from '../config/schema';
import { sliceOf } from '../prompts/split';

/** Whose answers an arena needs and who judges it, in numbers of prompts and calls. */
export interface ArenaWork {
  /** The step that it belongs to: `start`, `r1-sft`, `r1-end`. */
  step: string;
  purpose: 'training' | 'gate' | 'evaluation';
  judge: 'data' | 'evaluation';
  /** The part of the split that its prompts are of. */
  part: string;
  prompts: number;
  pairs: number;
  battles: number;
  /** Answers that nobody has given before, by player; a checkpoint's under `target`. */
  answers: Map<string, number>;
}

/** Sizes of the parts that a run's prompts are dealt into. */
export type PartSizes = ReadonlyMap<string, number>;

/** A model of ours, in the forecast. */
const TARGET = 'target';

/**
 * Every arena that a run plays, in order, as the workflows play them (workflows/steps.ts, evaluate.ts), if each candidate is promoted and
 * nothing is rolled back: then the most models meet. Adaptive matchmaking plays at most this.
 */
export function workOf(config: Config, sizes: PartSizes): ArenaWork[] {
  const { rounds, stages, evaluation, arena, gate, target } = config;
  const work: ArenaWork[] = [];
  const competitors = (round: number) => config.competitors.filter(({ joins }) => joins <= round).map(({ id }) => id);
  const ours = new Set<string>();
  /** Who has answered the test set, and who has met there, by name. */
  const answered = new Set<string>();
  const known = new Set<string>();
  const kept: string[] = [];

  const answersOf = (players: readonly string[], prompts: number, seen?: Set<string>) => {
    const answers = new Map<string, number>();
    for (const player of players) {
      if (seen?.has(player)) continue;
      seen?.add(player);
      const name = ours.has(player) ? TARGET : player;
      answers.set(name, (answers.get(name) ?? 0) + prompts);
    }
    return answers;
  };
  const add = (
    step: string,
    purpose: ArenaWork['purpose'],
    judge: ArenaWork['judge'],
    part: string,
    pairs: number,
    answers: (prompts: number) => Map<string, number>,
    prompts = sizes.get(part) ?? 0,
  ) => work.push({ step, purpose, judge, part, prompts, pairs, battles: pairs * prompts, answers: answers(prompts) });

  const evaluate = (step: string, round: number, model: string | null) => {
    const models = [...new Set([...(model === null ? [] : [model]), ...kept])];
    const players = [...models, ...competitors(round)];
    const pairs = pairsOf(players).filter(([a, b]) => !known.has(a) || !known.has(b)).length;
    add(step, 'evaluation', 'evaluation', 'test', pairs, (prompts) => answersOf(players, prompts, answered));
    if (evaluation.dataJudge && evaluation.judge !== null)
      add(step, 'evaluation', 'data', 'test', pairs, () => new Map());
    for (const player of players) known.add(player);
  };
  const holdGate = (step: string, candidate: string, opponent: string) =>
    add(step, 'gate', 'evaluation', 'gate', 1, (prompts) => answersOf([candidate, opponent], prompts), gate.prompts);

  if (target) ours.add('I0');
  evaluate('start', 0, target ? 'I0' : null);
  let champion = 'I0';
  kept.push(...(target ? [champion] : []));
  let lastSft = champion;
  for (let round = 1; round <= rounds; round++) {
    let model = champion;
    for (const stage of stages) {
      const step = `r${round}-${stage}`;
      const players = [model, ...competitors(round)];
      const pairs = arena.pairs === 'target' ? players.length - 1 : pairsOf(players).length;
      add(step, 'training', 'data', sliceOf(config, round, stage), pairs, (prompts) => answersOf(players, prompts));
      ours.add(step);
      holdGate(step, step, stage === 'sft' ? lastSft : model);
      if (evaluation.after === 'stage') evaluate(step, round, step);
      if (stage === 'sft') lastSft = step;
      model = step;
    }
    holdGate(`r${round}-end`, model, champion);
    if (evaluation.after === 'round') evaluate(`r${round}-end`, round, model);
    champion = model;
    kept.push(champion);
  }
  return work;
}

/** The trainings of a run, in order. */
export function trainingsOf(config: Config): { step: string; kind: StageName | 'reward' }[] {
  const start = config.start.sft === null ? [] : [{ step: 'start', kind: 'sft' as const }];
  const rounds = Array.from({ length: config.rounds }, (_, index) =>
    config.stages.flatMap((stage) => {
      const step = `r${index + 1}-${stage}`;
      return [...(stage === 'ppo' ? [{ step, kind: 'reward' as const }] : []), { step, kind: stage }];
    }),
  );
  return [...start, ...rounds.flat()];
}

function pairsOf(players: readonly string[]): [string, string][] {
  return players.flatMap((a, index) => players.slice(index + 1).map((b): [string, string] => [a, b]));
}
