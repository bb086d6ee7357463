import OpenAI from 'openai';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors';
import { piecesOf } from '../../pieces';
import type { Embedder } from './embedder';
import { normalise } from './vectors';

export interface EmbeddingEndpoint {
  /** Base address of an OpenAI-compatible API, as far as before `/embeddings`. */
  url: string;
  model: string;
  /** Tells two versions of one name apart: vectors of another revision are other vectors. */
  revision?: string | null;
  /** The key itself, read from the environment by the caller. */
  key: string | null;
  /** Texts in one request. */
  batch?: number;
  /** Repeats of a request after 408, 409, 429 or 5xx, with the package's exponential back-off and `Retry-After`. */
  retries?: number;
  timeoutSeconds?: number;
}

const replySchema = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()) })),
});

/**
 * Embeds by an OpenAI-compatible endpoint.
 * Errors (UserError): it cannot be reached or refuses; its reply has another shape, other than one vector for each text, vectors of
 * differing lengths or of no length.
 */
export function endpointEmbedder({
  url,
  model,
  revision = null,
  key,
  batch = 64,
  retries = 6,
  timeoutSeconds = 120,
}: EmbeddingEndpoint): Embedder {
  const client = new OpenAI({
    baseURL: url,
    // The package wants one; an endpoint without keys does not look at it.
    apiKey: key ?? 'none',
    maxRetries: retries,
    timeout: timeoutSeconds * 1000,
  });
  let dimensions: number | null = null;
  const wrong = (what: string) => new UserError(`The embeddings of ${model} at ${url}: ${what}`);

  // Some servers repeat the key in their answer.
  const withoutKey = (text: string) => (key === null ? text : text.replaceAll(key, '…'));

  async function embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    const reply: unknown = await client.embeddings
      .create({ model, input: [...texts], encoding_format: 'float' })
      .catch((error: unknown) => {
        throw wrong(`${withoutKey(messageOf(error))}. Check the address, the model's name and the key.`);
      });
    const parsed = replySchema.safeParse(reply);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw wrong(`the reply is not that of /embeddings (${issue?.path.join('.') || 'top'}: ${issue?.message}).`);
    }
    const { data } = parsed.data;
    const vectors = new Map(data.map(({ index, embedding }) => [index, Float32Array.from(embedding)]));
    if (data.length !== texts.length || texts.some((_, index) => !vectors.has(index)))
      throw wrong(`${data.length} vectors came for ${texts.length} texts, or their indexes are wrong.`);
    return texts.map((_, index) => usable(vectors.get(index)!));
  }

  function usable(vector: Float32Array): Float32Array {
    dimensions ??= vector.length;
    if (vector.length !== dimensions)
      throw wrong(`a vector of ${vector.length} numbers came after one of ${dimensions}.`);
    if (!vector.every(Number.isFinite) || vector.every((number) => number === 0))
      throw wrong('a vector came that is zero or has no finite numbers.');
    return normalise(vector);
  }

  return {
    name: revision === null ? model : `${model}@${revision}`,
    semantic: true,
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (const piece of piecesOf(texts, batch)) vectors.push(...(await embedBatch(piece)));
      return vectors;
    },
  };
}
