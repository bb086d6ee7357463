import type { Embedder } from '../embed/embedder';
import { vectorTable } from '../embed/vectors';
import { userText, type Prompt } from '../prompt';
import { kMeans } from './k-means';
import { typicalWords } from './label';

export interface PromptClusters {
  /** The cluster of each prompt, by its id. */
  clusters: Map<string, number>;
  /** Of each cluster in order: how many prompts, and its typical words. */
  labels: { prompts: number; words: string[] }[];
}

/** Embeds in pieces, so that a heartbeat finds its turn between them. */
const PIECE = 1000;

/**
 * Groups prompts by what their users' turns are about.
 * Errors (UserError): see `kMeans`.
 */
export async function clusterPrompts(
  prompts: readonly Prompt[],
  { embedder, k, seed }: { embedder: Embedder; k: number; seed: number },
): Promise<PromptClusters> {
  const texts = prompts.map(userText);
  const vectors: Float32Array[] = [];
  for (let from = 0; from < texts.length; from += PIECE) {
    vectors.push(...(await embedder.embed(texts.slice(from, from + PIECE))));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { assignment, sizes } = kMeans(vectorTable(vectors), { k, seed });
  const words = typicalWords(texts, { assignment, k });
  return {
    clusters: new Map(prompts.map(({ id }, row) => [id, assignment[row]!])),
    labels: words.map((own, cluster) => ({ prompts: sizes[cluster]!, words: own })),
  };
}
