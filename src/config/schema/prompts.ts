import { z } from 'zod';
import { CONTAMINATION_DEFAULTS } from '../../prompts/decontaminate/contamination';
import { count, secret, unit } from './values';

export const promptSource = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'Files of prompts (any form that `prompts import` knows), patterns of files (chats/*.jsonl), or pool:NAME, a pool in the database.',
  );

export const prompts = z.strictObject({
  source: promptSource,
  slices: count.nullable().default(null).describe('Null: rounds x stages.'),
  sliceSize: count.nullable().default(null).describe('Prompts in a slice; null: the pool in equal parts.'),
  gateReserve: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('Prompts kept for the gates; null: as many as they need.'),
  clusters: count
    .nullable()
    .default(null)
    .describe(
      'Test set, gates and slices each get their share of so many groups of prompts (K-means over `embedding`); null: at random.',
    ),
  embedding: z
    .union([
      z.strictObject({
        url: z.string().regex(/^https?:\/\/\S+$/, 'must be an http(s) address such as http://gpu1:8000/v1'),
        model: z.string().min(1),
        revision: z.string().nullable().default(null),
        key: secret,
      }),
      z.strictObject({ onnx: z.string().min(1).describe('Folder of a sentence model with onnx/model.onnx.') }),
    ])
    .nullable()
    .default(null)
    .describe('Who embeds prompts: an endpoint with /embeddings, a local model; null: words, built in (lexical-v1).'),
  decontaminate: z
    .array(z.string().min(1))
    .nullable()
    .default(null)
    .describe(
      "Benchmarks (files, patterns, pool:NAME): prompts too near to them or to the run's test set are left out; []: the test set alone; null: not looked for.",
    ),
  contamination: z
    .strictObject({
      nearest: count
        .nullable()
        .default(null)
        .describe('So many prompts nearest to each test go; null: 5 (the paper) with an `embedding`.'),
      similarity: z
        .number()
        .gt(0)
        .max(1)
        .nullable()
        .default(null)
        .describe('Prompts of at least this cosine similarity to a test go; null: 0.9 without an `embedding`.'),
      ngram: z
        .int()
        .min(0)
        .default(CONTAMINATION_DEFAULTS.ngram)
        .describe('Prompts that share so many words in a row with a test go; 0: they stay.'),
      maxShare: unit
        .default(CONTAMINATION_DEFAULTS.maxShare)
        .describe('Share of the prompts above which `nearest` stops the run instead.'),
    })
    .prefault({})
    .describe('How near is too near, for `decontaminate`.'),
});
