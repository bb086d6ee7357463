import { setImmediate as breathe } from 'node:timers/promises';
import { sfc32 } from '../../arena/random';
import { UserError } from '../../errors';
import { seedFrom } from '../../identity';
import { piecesOf } from '../../pieces';
import type { Embedder } from '../embed/embedder';
import { vectorTable } from '../embed/vectors';
import type { PromptPages } from '../pages';
import { userText, type Prompt } from '../prompt';
import { createAssignment, fitCentroids, rowsToFit, sampled } from './k-means';
import { typicalWords } from './label';

export interface PromptClusters {
  /** The cluster of each prompt, by its id. */
  clusters: Map<string, number>;
  /** Of each cluster in order: how many prompts, and the words that are typical of it in a sample. */
  labels: { prompts: number; words: string[] }[];
}

/** Texts that are embedded at once: others get their turn in between, and few vectors are held. */
const PIECE = 256;

/**
 * Groups prompts by what their users' turns are about. Centroids are fitted on a random sample; then each prompt goes to its nearest one.
 * Neither texts nor vectors of all prompts are held. Each prompt of the sample is embedded twice: see `storedEmbedder` where that costs.
 * Errors (UserError): k below 1, or more than prompts.
 */
export async function clusterPrompts(
  { rows, pages }: PromptPages,
  {
    embedder,
    k,
    seed,
    onProgress,
  }: { embedder: Embedder; k: number; seed: number; onProgress?: ((prompts: number) => void) | undefined },
): Promise<PromptClusters> {
  if (!Number.isInteger(k) || k < 1 || k > rows)
    throw new UserError(`${k} clusters of ${rows} prompts: give a whole number from 1 to ${rows}.`);
  const sample = sampled(rows, Math.min(rows, rowsToFit(k)), sfc32(seedFrom(seed, 'sample')));
  const texts = await textsAt(pages(), sample);
  const vectors: Float32Array[] = [];
  for await (const piece of embedded(embedder, texts)) vectors.push(...piece);
  const centroids = await fitCentroids(vectorTable(vectors), { k, seed });

  const ids: string[] = [];
  const assigning = createAssignment(centroids, rows);
  for await (const page of pages()) {
    for await (const piece of embedded(embedder, page.map(userText))) for (const one of piece) assigning.add(one);
    for (const { id } of page) ids.push(id);
    onProgress?.(ids.length);
  }
  const { assignment, sizes } = assigning.finish();
  const words = typicalWords(texts, { assignment: sample.map((row) => assignment[row]!), k });
  return {
    clusters: new Map(ids.map((id, row) => [id, assignment[row]!])),
    labels: words.map((own, cluster) => ({ prompts: sizes[cluster]!, words: own })),
  };
}

async function textsAt(pages: AsyncIterable<readonly Prompt[]>, wanted: readonly number[]): Promise<string[]> {
  const texts: string[] = [];
  let row = 0;
  for await (const page of pages)
    for (const prompt of page) if (row++ === wanted[texts.length]) texts.push(userText(prompt));
  return texts;
}

async function* embedded(embedder: Embedder, texts: readonly string[]): AsyncGenerator<Float32Array[]> {
  for (const piece of piecesOf(texts, PIECE)) {
    yield await embedder.embed(piece);
    await breathe();
  }
}
