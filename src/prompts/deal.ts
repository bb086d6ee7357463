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
import { inOnePage } from './pages';
import { userText, type Prompt } from './prompt';
import { readRunPrompts } from './run-prompts';
import { readSources, type SourceReport } from './sources';
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
 * which runs share.
 * Errors (UserError): see `readSources`, `createDeck`, `createContamination`, `splitPrompts` and the embedder.
 */
export async function dealPrompts(db: Pool, config: Config): Promise<Dealt> {
  const { prompts: settings } = config;
  const { pool: pooled, testSet: tests, d0 } = await readRunPrompts(db, config);
  const all = [...pooled.prompts, ...(tests?.prompts ?? []), ...d0];
  // An arena alone trains nothing that tests could leak into.
  const decontaminates = settings.decontaminate !== null && config.target !== null;
  const embedder = settings.clusters !== null || decontaminates ? await createEmbedder(db, settings.embedding) : null;

  const grouped = embedder && (await groupsOf(config, pooled.prompts, embedder));
  const clusters = grouped?.clusters ?? null;
  let deck = createDeck(config, { pool: pooled.prompts, testSet: tests?.prompts ?? null, d0, clusters });
  let contamination: (ContaminationReport & { against: SourceReport[] }) | null = null;
  if (embedder && decontaminates) {
    const found = await contaminatedIn(db, config, { deck, all, embedder, testSet: tests?.prompts ?? null });
    deck = withoutContaminated(deck, found.ids);
    contamination = found.report;
  }
  const { id, parts } = splitPrompts(config, deck, clusters);
  await freeze(db, all, { id, parts }, clusters);
  return {
    split: id,
    contamination,
    report: {
      ...{ prompts: pooled.sources, testSet: tests?.sources ?? null, d0: d0.length, clusters: grouped?.labels ?? null },
      decontaminated: contamination && withoutPairs(contamination),
      parts: Object.fromEntries([...parts].map(([part, ids]) => [part, ids.length])),
    },
  };
}

const withoutPairs = <Report extends ContaminationReport>({ pairs: _pairs, ...summary }: Report) => summary;

async function groupsOf(
  { prompts: { clusters: k }, seed }: Config,
  prompts: readonly Prompt[],
  embedder: Embedder,
): Promise<PromptClusters | null> {
  if (k === null) return null;
  if (k > prompts.length)
    throw new UserError(`prompts.clusters: ${k} clusters of ${prompts.length} prompts; lower it, or add prompts.`);
  return clusterPrompts(inOnePage(prompts), { embedder, k, seed: seedFrom(seed, 'clusters') });
}

/** Prompts for gates and slices that are too near to the run's test set or to benchmarks. */
async function contaminatedIn(
  db: Pool,
  { prompts: { decontaminate, contamination } }: Config,
  {
    deck,
    all,
    embedder,
    testSet,
  }: { deck: Deck; all: readonly Prompt[]; embedder: Embedder; testSet: readonly Prompt[] | null },
): Promise<{ ids: Set<string>; report: ContaminationReport & { against: SourceReport[] } }> {
  const benchmarks = await readSources(db, decontaminate ?? [], 'all');
  const byId = new Map(all.map((prompt) => [prompt.id, prompt]));
  const tests = [...(testSet ?? deck.test.map((id) => byId.get(id)!)), ...benchmarks.prompts];
  const rest = deck.rest.map((id) => byId.get(id)!);
  const { ngram, maxShare } = contamination;
  const { pairs } = await examine(inOnePage(rest).pages(), tests, {
    ...{ embedder, ngram, maxShare },
    rule: nearRule(contamination, embedder),
  });
  const placed = pairs.map(({ prompt: at, ...pair }) => {
    const prompt = rest[at]!;
    return { ...pair, prompt: { file: sourceOf(prompt), line: null, text: userText(prompt) } };
  });
  return {
    ids: new Set(pairs.map(({ prompt }) => rest[prompt]!.id)),
    report: { ...contaminationReport(rest.length, tests, embedder, placed), against: benchmarks.sources },
  };
}

async function freeze(
  db: Pool,
  prompts: readonly Prompt[],
  { id, parts }: Split,
  clusters: ReadonlyMap<string, number> | null,
): Promise<void> {
  await savePrompts(db, prompts);
  await fillCategories(db, prompts);
  await saveSplit(db, id, parts, clusters);
}
