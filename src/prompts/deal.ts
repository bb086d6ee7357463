import type { Pool } from 'pg';
import type { Config } from '../config/schema';
import { UserError } from '../errors';
import { seedFrom } from '../identity';
import { fillCategories, savePrompts, saveSplit } from '../store/prompts';
import { clusterPrompts, type PromptClusters } from './cluster/cluster-prompts';
import { nearRule } from './decontaminate/contamination';
import { examine } from './decontaminate/examine';
import { contaminationReport, sourceOf, type ContaminationReport } from './decontaminate/report';
import { createEmbedder } from './embed/create';
import type { Embedder } from './embed/embedder';
import { pickedFrom, type PromptPages } from './pages';
import { userText, type Prompt } from './prompt';
import { readRunPrompts, type RunPrompts } from './run-prompts';
import { readWholeSources, type SourcePrompt, type SourceReport } from './sources';
import { createDeck, splitPrompts, withoutContaminated, type Deck, type Split } from './split';

/** What a run's prompts came from, and what became of them, as its first event notes it. */
export interface DealReport {
  prompts: SourceReport[];
  testSet: SourceReport[] | null;
  /** Prompts of D0 (start.sft). */
  d0: number;
  decontaminated: (Omit<ContaminationReport, 'pairs'> & { against: SourceReport[] }) | null;
  clusters: PromptClusters['labels'] | null;
  /** Prompts in each part of the split. */
  parts: Record<string, number>;
}

export interface Dealt {
  split: string;
  report: DealReport;
  /** The pairs that decontamination found, where it was asked for. */
  contamination: ContaminationReport | null;
}

/**
 * Deals a configuration's prompts as its run uses them, and freezes the split: reads the sources, groups the prompts, takes the test set,
 * leaves out what is too near to it or to benchmarks, deals gates and slices. The same prompts and settings give the same split,
 * which runs share. Of a pool only the ids are held; its texts are read through as often as they are needed.
 * Errors (UserError): see `readSources`, `createDeck`, `createContamination`, `splitPrompts` and the embedder.
 */
export async function dealPrompts(db: Pool, config: Config): Promise<Dealt> {
  const { prompts: settings } = config;
  const read = await readRunPrompts(db, config);
  const { pool, testSet, d0 } = read;
  // An arena alone trains nothing that tests could leak into.
  const decontaminates = settings.decontaminate !== null && config.target !== null;
  const embedder = settings.clusters !== null || decontaminates ? await createEmbedder(db, settings.embedding) : null;

  const grouped = embedder && (await groupsOf(config, pool, embedder));
  const clusters = grouped?.clusters ?? null;
  let deck = createDeck(config, { pool: pool.ids, testSet: testSet?.prompts ?? null, d0, clusters });
  let contamination: (ContaminationReport & { against: SourceReport[] }) | null = null;
  if (embedder && decontaminates) {
    const found = await contaminatedIn(db, config, { deck, pool, embedder, testSet: testSet?.prompts ?? null });
    deck = withoutContaminated(deck, found.ids);
    contamination = found.report;
  }
  const { id, parts } = splitPrompts(config, deck, clusters);
  await freeze(db, read, { id, parts }, clusters);
  return {
    split: id,
    contamination,
    report: {
      ...{ prompts: pool.sources, testSet: testSet?.sources ?? null, d0: d0.length, clusters: grouped?.labels ?? null },
      decontaminated: contamination && withoutPairs(contamination),
      parts: Object.fromEntries([...parts].map(([part, ids]) => [part, ids.length])),
    },
  };
}

const withoutPairs = <Report extends ContaminationReport>({ pairs: _pairs, ...summary }: Report) => summary;

async function groupsOf(
  { prompts: { clusters: k }, seed }: Config,
  pool: PromptPages,
  embedder: Embedder,
): Promise<PromptClusters | null> {
  if (k === null) return null;
  if (k > pool.rows)
    throw new UserError(`prompts.clusters: ${k} clusters of ${pool.rows} prompts; lower it, or add prompts.`);
  return clusterPrompts(pool, { embedder, k, seed: seedFrom(seed, 'clusters') });
}

/** Prompts for gates and slices that are too near to the run's test set or to benchmarks. */
async function contaminatedIn(
  db: Pool,
  { prompts: { decontaminate, contamination } }: Config,
  {
    deck,
    pool,
    embedder,
    testSet,
  }: { deck: Deck; pool: PromptPages; embedder: Embedder; testSet: readonly Prompt[] | null },
): Promise<{ ids: Set<string>; report: ContaminationReport & { against: SourceReport[] } }> {
  const benchmarks = await readWholeSources(db, decontaminate ?? [], 'all');
  const tests = [...(testSet ?? (await inOrder(pool, deck.test))), ...benchmarks.prompts];
  const { ngram, maxShare } = contamination;
  // The order of the deck decides between equally near prompts, whatever the order of reading.
  const placeOf = new Map(deck.rest.map((id, place) => [id, place]));
  async function* rest() {
    for await (const page of pool.pages()) yield page.filter(({ id }) => placeOf.has(id));
  }
  const { pairs } = await examine(rest(), tests, {
    ...{ embedder, ngram, maxShare, numberOf: ({ id }) => placeOf.get(id)! },
    rule: nearRule(contamination, embedder),
  });
  const near = await inOrder(
    pool,
    pairs.map(({ prompt }) => deck.rest[prompt]!),
  );
  const placed = pairs.map(({ prompt: _place, ...pair }, index) => {
    const prompt = near[index]!;
    return { ...pair, prompt: { file: sourceOf(prompt), line: null, text: userText(prompt) } };
  });
  return {
    ids: new Set(near.map(({ id }) => id)),
    report: { ...contaminationReport(deck.rest.length, tests, embedder, placed), against: benchmarks.sources },
  };
}

/** Prompts of the pool in the order of the ids. */
async function inOrder(pool: PromptPages, ids: readonly string[]): Promise<Prompt[]> {
  const picked = await pickedFrom(pool, ids);
  return ids.map((id) => picked.get(id)!);
}

async function freeze(
  db: Pool,
  { pool, testSet, d0 }: RunPrompts,
  { id, parts }: Split,
  clusters: ReadonlyMap<string, number> | null,
): Promise<void> {
  const keep = async (prompts: readonly Prompt[], unstored = prompts) => {
    await savePrompts(db, unstored);
    await fillCategories(db, prompts);
  };
  for await (const page of pool.pages()) await keep(page, page.filter(isUnstored));
  if (testSet) await keep(testSet.prompts, testSet.prompts.filter(isUnstored));
  await keep(d0);
  await saveSplit(db, id, parts, clusters);
}

/** What a pool has stands in the database already, unless only its first turn counts. */
const isUnstored = ({ id, storedAs }: SourcePrompt): boolean => storedAs !== id;
