import type { Config } from '../config/schema';
import { gatesInRun } from '../config/freeze';
import { UserError } from '../errors';
import { canonicalJson, contentIdOf, listJson, seedFrom } from '../identity';
import type { SplitPart } from '../store/prompts';
import type { Prompt } from './prompt';
import { shuffled } from './shuffle';
import { spread } from './spread';

export interface Split {
  id: string;
  parts: Map<SplitPart, string[]>;
}

/** Ids of a run's prompts, before they are dealt into parts. */
export interface Deck {
  test: string[];
  /** The test set is the run's own and takes none of the pool. */
  hasOwnTests: boolean;
  /** Prompts of D0, on which the start is trained: in no other part. */
  d0: string[];
  /** What gates and slices are dealt from, in their order. */
  rest: string[];
  /** Prompts of the pool that were left out, being too near to a test. */
  contaminated: number;
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
 * Puts the prompts in their random order by the run's seed (with clusters, each spread evenly over all of it), and takes the test set from
 * it where it is not the run's own. What D0 or the test set has is in no other part.
 * @throws UserError when D0 holds prompts of the test set.
 */
export function createDeck(
  { evaluation, seed }: Config,
  {
    pool,
    testSet = null,
    d0 = [],
    clusters = null,
  }: {
    /** Ids of the pool's prompts, in their order. */
    pool: readonly string[];
    testSet?: readonly Prompt[] | null;
    d0?: readonly Prompt[];
    clusters?: ReadonlyMap<string, number> | null;
  },
): Deck {
  const taken = new Set(d0.map(({ id }) => id));
  const learnt = testSet?.filter(({ id }) => taken.has(id)) ?? [];
  if (learnt.length > 0)
    throw new UserError(
      `start.sft: ${learnt.length} prompts of the test set are in D0, the first one is ${JSON.stringify(learnt[0]!.messages.at(-1)!.content.slice(0, 80))}. Remove them from one of the two.`,
    );
  for (const { id } of testSet ?? []) taken.add(id);
  const random = shuffled(
    pool.filter((id) => !taken.has(id)),
    seedFrom(seed, 'split'),
  );
  const deck = clusters ? spread(random, clusters, seedFrom(seed, 'spread')) : random;
  const test = testSet
    ? shuffled(
        testSet.map(({ id }) => id),
        seedFrom(seed, 'test'),
      ).slice(0, evaluation.size)
    : deck.splice(0, evaluation.size);
  return { test, hasOwnTests: testSet !== null, d0: d0.map(({ id }) => id), rest: deck, contaminated: 0 };
}

/** The deck without the prompts that are too near to a test. */
export function withoutContaminated(deck: Deck, contaminated: ReadonlySet<string>): Deck {
  const rest = deck.rest.filter((id) => !contaminated.has(id));
  return { ...deck, rest, contaminated: deck.contaminated + deck.rest.length - rest.length };
}

/**
 * Deals a deck into the test set, a reserve for the gates and disjoint slices; with D0 they are all that a run uses.
 * @throws UserError when the pool is too small, with the numbers.
 */
export function splitPrompts(
  config: Config,
  { test, hasOwnTests, d0, rest, contaminated }: Deck,
  clusters: ReadonlyMap<string, number> | null = null,
): Split {
  const { prompts, evaluation, gate } = config;
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
  const testNeed = hasOwnTests ? 0 : evaluation.size;
  const available = rest.length + (hasOwnTests ? 0 : test.length);
  const left = available - testNeed - reserve;
  const sliceSize = prompts.sliceSize ?? (slices > 0 ? Math.floor(left / slices) : 0);
  if (left < slices * sliceSize || left < 0 || (slices > 0 && sliceSize < 1))
    throw new UserError(
      `The pool has ${available} prompts${contaminated > 0 ? ` (and ${contaminated} that are too near to tests: prompts.decontaminate)` : ''}, but the run needs ${testNeed} to test (evaluation.size), ${reserve} for the gates (prompts.gateReserve) and ${slices} slices of ${Math.max(1, sliceSize)} (prompts.sliceSize): ${testNeed + reserve + slices * Math.max(1, sliceSize)} in all. Add prompts or lower these numbers.`,
    );

  let dealt = 0;
  const next = (size: number) => rest.slice(dealt, (dealt += size));
  const parts = new Map<SplitPart, string[]>([
    ['test', test],
    ['gate', next(reserve)],
  ]);
  for (let slice = 1; slice <= slices; slice++) parts.set(`slice-${slice}`, next(sliceSize));
  if (d0.length > 0) parts.set('d0', d0);
  return { id: contentIdOf(splitJson(parts, clusters)), parts };
}

/** Canonical JSON of the parts as a list of pairs, or with clusters of `{clusters, parts}`. */
function* splitJson(parts: Split['parts'], clusters: ReadonlyMap<string, number> | null): Generator<string> {
  if (clusters) {
    yield '{"clusters":';
    yield* listJson(clusters);
    yield ',"parts":';
  }
  let separator = '[';
  for (const [part, ids] of parts) {
    yield `${separator}[${canonicalJson(part)},`;
    yield* listJson(ids);
    yield ']';
    separator = ',';
  }
  yield clusters ? ']}' : ']';
}
