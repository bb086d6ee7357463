import { z } from 'zod';
import { managedProcess } from './process';
import { count, secret } from './values';

const address = z
  .string()
  .regex(/^(https?:\/\/\S+|sandbox:)$/, 'must be an http(s) address such as http://gpu1:8000/v1, or "sandbox:"')
  .describe(
    'Base address of an OpenAI-compatible API, or "sandbox:" for the scripted models that come with Arena Flywheel.',
  );

export const sampling = (temperature: number, maxTokens: number) =>
  z
    .strictObject({
      temperature: z.number().min(0).max(2).default(temperature),
      topP: z.number().gt(0).max(1).default(1),
      maxTokens: count.default(maxTokens).describe('Tokens at most in one answer.'),
      stop: z.array(z.string().min(1)).max(4).optional(),
    })
    .prefault({});

const price = z
  .strictObject({ input: z.number().min(0).default(0), output: z.number().min(0).default(0) })
  .describe('USD per million tokens.')
  .prefault({});

export const reach = {
  url: address,
  replicas: z
    .array(address)
    .default([])
    .describe(
      'Further addresses of the same model: the least busy one is asked, failing ones rest and are tried again.',
    ),
  key: secret,
  concurrency: count
    .default(16)
    .describe(
      'Calls in flight at most at each address, over all activities of a worker; fewer while the endpoint refuses them or becomes slow.',
    ),
  requestsPerMinute: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe(
      'Calls a minute at most, for each worker and all addresses together; null: no limit but what the endpoint says.',
    ),
  tokensPerMinute: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe('Tokens a minute at most, read and written, in the same way.'),
  timeoutSeconds: z.number().gt(0).default(120).describe('Of one attempt, at most.'),
  patience: z
    .number()
    .min(1)
    .nullable()
    .default(4)
    .describe(
      'An attempt is given up sooner after so many times the 99th percentile of measured latencies (20 s at least; twice as long after each time-out); null: never.',
    ),
  hedge: z
    .number()
    .min(0.5)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'A second copy of a call is sent after this quantile of measured latencies, such as 0.98, and the first reply counts: both are paid for. null: never.',
    ),
  retries: z.int().min(0).default(6).describe('Repeats of a call after a passing error.'),
  dialect: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .default('max_tokens')
    .describe('How the endpoint names the limit of tokens; newer OpenAI models refuse max_tokens.'),
  repliesAs: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'The model name in its replies where it is another than `model`, such as of a deployment; other replies are refused.',
    ),
  price,
  process: managedProcess,
};

export const contextTokens = count
  .nullable()
  .default(null)
  .describe('Tokens that fit its context, answer included; `plan` says which share of the prompts will not.');
