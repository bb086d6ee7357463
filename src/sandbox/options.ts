import { z } from 'zod';
import { UserError } from '../errors';

/** Everything that can go wrong to order. */
export const FAULT_KINDS = [
  '429', // with Retry-After
  '429-no-retry-after',
  '500',
  '503',
  '401',
  '404', // the model is unknown
  '413',
  'context-length', // 400
  'content-filter', // 400
  'timeout', // never answers
  'reset', // the connection is reset before a byte is sent
  'cut', // the connection ends in the middle of the body
  'slow', // the right reply, `seconds` later
  'empty', // a reply whose text is empty
  'huge', // a reply of 5 MB
  'bad-json', // 200 with half a JSON document
  'wrong-model', // a reply that names another model
  'unreadable', // a reply without a verdict
  'think', // the right reply after a <think> block
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const share = z.number().min(0).max(1);

const faultSchema = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  match: z
    .strictObject({
      model: z.string().min(1).optional().describe('Only calls of this model.'),
      nth: z
        .int()
        .min(1)
        .optional()
        .describe(
          'The nth matching call since the fault was scheduled, from 1, and those after it while `times` (then 1 by default) allows.',
        ),
      every: z.int().min(1).optional().describe('Each nth matching call: the nth, the 2nth and so on.'),
      share: share
        .optional()
        .describe(
          'This share of calls, by a hash of seed, body, and how often that body was asked: a retry draws anew.',
        ),
    })
    .prefault({}),
  times: z.int().min(1).optional().describe('Given so often at most.'),
  seconds: z.number().min(0).optional().describe('Of Retry-After (1), or how late a slow reply comes (2).'),
});

/** A fault to give; without `nth`, `every` and `share` every matching call gets it. */
export type Fault = z.output<typeof faultSchema>;

const faultsSchema = z.union([z.array(faultSchema), faultSchema.transform((fault) => [fault])]);

const optionsSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0).describe('0: a free one.'),
  seed: z
    .int()
    .min(0)
    .default(0)
    .describe('Of noise, unreadable verdicts, jitter and faults; players do not depend on it.'),
  latencyMs: z.number().min(0).default(0).describe('Time to answer, within a slot.'),
  jitterMs: z.number().min(0).default(0).describe('Up to so much longer, uniformly.'),
  capacity: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Calls answered at once; more wait in the order of arrival.'),
  requestsPerSecond: z.number().gt(0).nullable().default(null).describe('More get 429 with Retry-After.'),
  positionBias: z.number().min(-9).max(9).default(0).describe('Points that judges add to the first answer.'),
  noise: z.number().min(0).max(9).default(1).describe('Most points that the Pocket English judges are off by.'),
  unreadableShare: share.default(0).describe('Judge texts without a verdict.'),
  faults: z.array(faultSchema).default([]),
});

/** What may change while it runs. */
const limitsSchema = optionsSchema.pick({ latencyMs: true, jitterMs: true, capacity: true, requestsPerSecond: true });

/** Limits to set; those that are not named stay. */
export type Limits = Partial<z.output<typeof limitsSchema>>;

/** What the sandbox does; all fields are optional. */
export type SandboxOptions = z.input<typeof optionsSchema>;
export type ResolvedOptions = z.output<typeof optionsSchema>;

/** How judges behave. */
export type Behaviour = Pick<ResolvedOptions, 'seed' | 'noise' | 'positionBias' | 'unreadableShare'>;

/** The options with their defaults. @throws UserError that names each wrong field. */
export function readOptions(options: unknown): ResolvedOptions {
  return read(optionsSchema, options, 'sandbox options');
}

/** One fault or a list of them. @throws UserError that names each wrong field. */
export function readFaults(faults: unknown): Fault[] {
  return read(faultsSchema, faults, 'sandbox faults');
}

/** Limits to set. @throws UserError that names each wrong field. */
export function readLimits(limits: unknown): Limits {
  const given = read(limitsSchema.partial(), limits, 'sandbox limits');
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(limits as object, name)));
}

function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(`${what}: ${z.prettifyError(result.error)}`);
}
