import { z } from 'zod';
import { contextTokens, reach, sampling } from './endpoint';
import { managedProcess } from './process';
import { argumentList, count, passEnv } from './values';

/** How many servers are reached: as one endpoint is, but for their addresses and the names that they reply with. */
const { url: _url, replicas: _replicas, repliesAs: _none, ...manyReach } = reach;

const vllm = z
  .strictObject({
    kind: z.literal('vllm'),
    urls: z
      .array(z.string().regex(/^https?:\/\/\S+$/, 'must be an address such as http://gpu1:8000/v1'))
      .default([])
      .describe(
        'vLLM servers of the base that run already: adapters are loaded into each (target.adapters: continued).',
      ),
    start: argumentList
      .nullable()
      .default(null)
      .describe(
        'Starts a server of whole weights for each checkpoint, with {path}, {name} and {port}; instead of urls.',
      ),
    ...manyReach,
    keep: count
      .default(2)
      .describe(
        'Earlier checkpoints that stay loaded, for battles and rollbacks; with start, servers beside the newest.',
      ),
    baseRoot: z
      .string()
      .nullable()
      .default(null)
      .describe("The base's folder as vLLM names it, where it sees other paths; null: target.base."),
    paths: z
      .strictObject({ here: z.string().min(1), there: z.string().min(1) })
      .nullable()
      .default(null)
      .describe('How the servers name the artifacts folder, where they mount it elsewhere.'),
    readySeconds: z.number().gt(0).default(600).describe('How long a server that is not up is waited for.'),
    passEnv,
  })
  .describe('vLLM, see docs/serving.md.');

export const target = z.strictObject({
  base: z.string().min(1).describe('Folder of the model (Hugging Face form, with its tokenizer).'),
  serve: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('local'),
        threads: count.default(1),
        concurrency: count.default(32),
        timeoutSeconds: z.number().gt(0).default(600),
        process: managedProcess,
      }),
      z.strictObject({
        kind: z.literal('endpoint'),
        ...reach,
        models: z
          .record(z.string(), z.string())
          .default({})
          .describe('Model name at the endpoint by checkpoint id (I0, r1-sft-a1); the id itself where it is absent.'),
      }),
      vllm,
    ])
    .prefault({ kind: 'local' }),
  adapters: z
    .enum(['merged', 'continued'])
    .default('merged')
    .describe(
      'With lora in all stages. merged: each stage trains a new adapter and merges it; continued: one adapter goes through all stages, and can be loaded into a running vLLM.',
    ),
  chatTemplate: z.string().nullable().default(null).describe("Jinja text; null: the tokenizer's own."),
  endOfTurn: z
    .string()
    .nullable()
    .default(null)
    .describe("The token that ends a turn; null: the tokenizer's end of sequence."),
  contextTokens,
  systemPrompt: z.string().nullable().default(null),
  sampling: sampling(0.7, 1024),
});
