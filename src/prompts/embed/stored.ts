import type { Pool } from 'pg';
import { sha256 } from '../../identity';
import { piecesOf } from '../../pieces';
import { loadEmbeddings, saveEmbeddings } from '../../store/embeddings';
import type { Embedder } from './embedder';

/** Texts that are asked for and stored together, and how many such requests are under way at once. */
const [TEXTS, AT_ONCE] = [64, 4];

/**
 * Embeds each text once: vectors are stored as they arrive, under the embedder's name and a hash of the text, and come from there ever
 * after. So a call that was killed pays only for what is missing, and groups of prompts stay what they were.
 */
export function storedEmbedder(db: Pool, embedder: Embedder): Embedder {
  return {
    ...embedder,
    async embed(texts) {
      const ids = texts.map((text) => sha256(text).slice(0, 32));
      const vectors = await loadEmbeddings(db, embedder.name, [...new Set(ids)]);
      const missing = new Map(texts.flatMap((text, at) => (vectors.has(ids[at]!) ? [] : [[ids[at]!, text] as const])));
      const work = piecesOf([...missing], TEXTS);
      const embedOn = async () => {
        for (const part of work) {
          const made = await embedder.embed(part.map(([, text]) => text));
          const rows = part.map(([id], index) => ({ id, vector: made[index]! }));
          await saveEmbeddings(db, embedder.name, rows);
          for (const { id, vector } of rows) vectors.set(id, vector);
        }
      };
      // All are waited for, so that no paid vector is thrown away when another request fails.
      const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, embedOn));
      const failed = ended.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      return ids.map((id) => vectors.get(id)!);
    },
  };
}
