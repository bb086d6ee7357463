import type { Config } from '../config/schema';
import { gatesInRun } from '../config/freeze';
import { UserError } from '../errors';
import { contentId, seedFrom } from '../identity';
import type { SplitPart } from '../store/prompts';
import type { Prompt } from './prompt';
import { shuffled } from './shuffle';
import { spread } from './spread';

export interface Split {
  id: string;
  parts: Map<SplitPart, string[]>;
}

/** The slice that a stage of a round uses, from 1: each is used once. */
export function sliceOf(
  config: Pick<Config, 'stages'>,
  round: number,
  stage: Config['stages'][number],
): `slice-${number}` {
  return `slice-${(round - 1) * config.stages.length + config.stages.indexOf(stage) + 1}`;
}

/**
 * Deals the prompts into a test set, a reserve for the gates and disjoint slices, at random by the run's seed;
 * with clusters, each part gets about its share of each.
 * @throws UserError when the pool is too small, with the numbers.
 */
export function splitPrompts(
  config: Config,
  pool: readonly Prompt[],
  testSet: readonly Prompt[] | null,
  clusters: ReadonlyMap<string, number> | null = null,
): Split {
  const { prompts, evaluation, gate, seed } = config;
  const tested = new Set(testSet?.map(({ id }) => id));
  const test = testSet
    ? shuffled(
        testSet.map(({ id }) => id),
        seedFrom(seed, 'test'),
      ).slice(0, evaluation.size)
    : null;
  const random = shuffled(
    pool.map(({ id }) => id).filter((id) => !tested.has(id)),
    seedFrom(seed, 'split'),
  );
  const deck = clusters ? spread(random, clusters, seedFrom(seed, 'spread')) : random;

  const slices = prompts.slices ?? config.rounds * config.stages.length;
  const neededSlices = config.rounds * config.stages.length;
  if (slices < neededSlices)
    throw new UserError(
      `prompts.slices: ${slices} slices, but ${config.rounds} rounds of ${config.stages.length} stages use ${neededSlices}. Raise it or leave it out.`,
    );
  const reserve = prompts.gateReserve ?? gatesInRun(config) * gate.prompts;
  if (reserve < gatesInRun(config) * gate.prompts)
    throw new UserError(
      `prompts.gateReserve: ${reserve} prompts, but ${gatesInRun(config)} gates of ${gate.prompts} prompts (gate.prompts) need ${gatesInRun(config) * gate.prompts}. Raise the reserve or lower gate.prompts.`,
    );
  const testNeed = test ? 0 : evaluation.size;
  const left = deck.length - testNeed - reserve;
  const sliceSize = prompts.sliceSize ?? (slices > 0 ? Math.floor(left / slices) : 0);
  if (left < slices * sliceSize || left < 0 || (slices > 0 && sliceSize < 1))
    throw new UserError(
      `The pool has ${deck.length} prompts, but the run needs ${testNeed} to test (evaluation.size), ${reserve} for the gates (prompts.gateReserve) and ${slices} slices of ${Math.max(1, sliceSize)} (prompts.sliceSize): ${testNeed + reserve + slices * Math.max(1, sliceSize)} in all. Add prompts or lower these numbers.`,
    );

  const parts = new Map<SplitPart, string[]>();
  const deal = (part: SplitPart, size: number) => parts.set(part, deck.splice(0, size));
  if (test) parts.set('test', test);
  else deal('test', evaluation.size);
  deal('gate', reserve);
  for (let slice = 1; slice <= slices; slice++) deal(`slice-${slice}`, sliceSize);
  return { id: contentId(clusters ? { parts: [...parts], clusters: [...clusters] } : [...parts]), parts };
}
