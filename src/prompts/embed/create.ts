import type { Pool } from 'pg';
import { readKey } from '../../models/roster';
import type { Embedder } from './embedder';
import { endpointEmbedder } from './endpoint';
import { lexicalEmbedder } from './lexical';
import { onnxEmbedder } from './onnx';
import { storedEmbedder } from './stored';

/** Which embedding; null is the built-in one. */
export type EmbeddingSettings =
  | { url: string; model: string; revision: string | null; /** As `env:NAME`. */ key: string | null }
  | { onnx: string }
  | null;

/** The embedder of the settings. What costs money or time embeds each text once for this database; the built-in one is cheaper than a look. */
export async function createEmbedder(db: Pool, settings: EmbeddingSettings): Promise<Embedder> {
  if (settings === null) return lexicalEmbedder();
  const embedder =
    'onnx' in settings
      ? await onnxEmbedder(settings.onnx)
      : endpointEmbedder({ ...settings, key: readKey(settings.key) });
  return storedEmbedder(db, embedder);
}
