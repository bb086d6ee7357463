import { access } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors';
import { fileSha256 } from '../../files';
import { piecesOf } from '../../pieces';
import type { Embedder } from './embedder';

/** Half a gigabyte with its native parts, and needed by few: whoever has a model installs it. */
const PACKAGE = '@huggingface/transformers';

/** What we use of the package. */
interface Transformers {
  env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(
    task: 'feature-extraction',
    model: string,
    options: { dtype: 'fp32' },
  ): Promise<(texts: string[], options: { pooling: 'mean'; normalize: true }) => Promise<{ tolist(): unknown }>>;
}

const vectorsSchema = z.array(z.array(z.number()).min(1));
/** Texts in one forward pass. */
const BATCH = 16;

/**
 * Embeds by a local sentence model: a folder as Hugging Face's hub has them, with `tokenizer.json`, `config.json` and `onnx/model.onnx`;
 * mean of the token vectors, length 1. Nothing is downloaded.
 * Errors (UserError): the package or a file of the model is missing, or the model does not load.
 */
export async function onnxEmbedder(folder: string): Promise<Embedder> {
  const model = join(folder, 'onnx', 'model.onnx');
  for (const file of [model, join(folder, 'tokenizer.json'), join(folder, 'config.json')])
    await access(file).catch(() => {
      throw new UserError(
        `${file} is missing: give the folder of a sentence model with tokenizer.json, config.json and onnx/model.onnx, as Hugging Face's hub has them.`,
      );
    });
  const transformers = await loadPackage();
  const { env } = transformers;
  env.allowRemoteModels = false;
  env.localModelPath = dirname(resolve(folder));
  const extract = await transformers
    .pipeline('feature-extraction', basename(resolve(folder)), { dtype: 'fp32' })
    .catch((error: unknown) => {
      throw new UserError(`The sentence model ${folder} does not load: ${messageOf(error)}`);
    });
  return {
    // Vectors belong to the weights, wherever they lie.
    name: `onnx:${(await fileSha256(model)).slice(0, 16)}`,
    semantic: true,
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (const piece of piecesOf(texts, BATCH)) {
        const output = await extract(piece, { pooling: 'mean', normalize: true });
        vectors.push(...vectorsSchema.parse(output.tolist()).map((vector) => Float32Array.from(vector)));
      }
      return vectors;
    },
  };
}

async function loadPackage(): Promise<Transformers> {
  // By a variable, so that TypeScript does not look for a package that need not be there.
  const name: string = PACKAGE;
  try {
    return (await import(name)) as Transformers;
  } catch (error) {
    throw new UserError(
      `A local sentence model needs the package ${PACKAGE}: npm install --no-save ${PACKAGE} (${messageOf(error)})`,
    );
  }
}
