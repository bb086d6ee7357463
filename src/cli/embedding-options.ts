import type { Command } from 'commander';
import { resolve } from 'node:path';
import { UserError } from '../errors';
import type { EmbeddingSettings } from '../prompts/embed/create';

/** What the options of `withEmbedding` give. */
export interface EmbeddingOptions {
  embeddings?: string;
  embeddingsModel?: string;
  embeddingsRevision?: string;
  embeddingsKey?: string;
  onnx?: string;
}

/** Adds the options that say who embeds prompts, in the same words everywhere. */
export const withEmbedding = (command: Command): Command =>
  command
    .option(
      '--embeddings <url>',
      'an OpenAI-compatible endpoint with /embeddings, as far as /v1; else words are compared, built in',
    )
    .option('--embeddings-model <name>', 'its model')
    .option('--embeddings-revision <text>', 'tells versions of the model apart: vectors are stored under both names')
    .option('--embeddings-key <variable>', 'the environment variable that holds its key')
    .option('--onnx <folder>', 'a local sentence model with onnx/model.onnx, instead of an endpoint');

/** @throws UserError when two are named, or an endpoint without its model. */
export function embeddingOf(options: EmbeddingOptions): EmbeddingSettings {
  const { embeddings: url, embeddingsModel: model, embeddingsRevision: revision, embeddingsKey, onnx } = options;
  if (onnx !== undefined) {
    if (url !== undefined) throw new UserError('--embeddings and --onnx are two ways to embed: give one of them.');
    return { onnx: resolve(onnx) };
  }
  if (url === undefined) return null;
  if (model === undefined) throw new UserError('--embeddings needs the name of its model: --embeddings-model NAME.');
  return { url, model, revision: revision ?? null, key: embeddingsKey === undefined ? null : `env:${embeddingsKey}` };
}
