import { z } from 'zod';
import { ADAPTIVE_DEFAULTS } from '../../arena/matchmaking/looks';
import { judge } from './players';
import { promptSource } from './prompts';
import { count, unit } from './values';

const benchmark = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be letters, digits, ".", "_" or "-"'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Program and arguments, without a shell. It finds the model in FLYWHEEL_MODEL_URL, FLYWHEEL_MODEL and FLYWHEEL_MODEL_KEY, and prints a JSON object.',
    ),
  timeoutSeconds: z.number().gt(0).default(3600),
  env: z.array(z.string().min(1)).default([]).describe("Names of the worker's variables that it may see."),
});

export const evaluation = z
  .strictObject({
    judge: judge.nullable().default(null).describe('Rates and gates; null: the data judge, and every table says so.'),
    testSet: promptSource.nullable().default(null).describe('Files of its own; null: drawn from the pool.'),
    size: count
      .nullable()
      .default(null)
      .describe('Prompts of the test set; null: 500, or where there is no target all that there are.'),
    matchmaking: z
      .enum(['full', 'adaptive'])
      .default('full')
      .describe('full: every pair on every prompt (the paper); adaptive: a pair whose order is sure rests.'),
    adaptive: z
      .strictObject({
        looks: count.default(ADAPTIVE_DEFAULTS.looks).describe('How often the order of pairs is looked at, at most.'),
        minimum: z.int().min(2).default(ADAPTIVE_DEFAULTS.minimum).describe('Prompts that every pair plays.'),
        restShare: unit
          .default(ADAPTIVE_DEFAULTS.restShare)
          .describe('Share of the prompts that a settled pair still plays; they count so much more.'),
        error: z
          .number()
          .gt(0)
          .lt(1)
          .default(ADAPTIVE_DEFAULTS.error)
          .describe('Chance that an arena settles any pair wrongly.'),
        budget: z.int().min(0).nullable().default(null).describe('Battles at most; null: no limit.'),
      })
      .prefault({}),
    after: z.enum(['round', 'stage']).default('round'),
    keep: z.enum(['round-ends']).default('round-ends'),
    dataJudge: z.boolean().default(false).describe('Also rate by the data judge, side by side.'),
    bootstrapRounds: z.int().min(100).default(1000),
    commands: z
      .array(benchmark)
      .default([])
      .describe('Your own benchmarks of each candidate; their numbers stand beside the ratings.'),
  })
  .prefault({});

const floor = z
  .strictObject({
    command: z.string().min(1).describe('The id of one of evaluation.commands.'),
    metric: z.string().min(1).describe('Path of a number in its JSON, such as results.ifeval.acc.'),
    min: z.number().nullable().default(null).describe('The least value that passes.'),
    drop: z.number().min(0).nullable().default(null).describe("How far below the opponent's it may lie."),
  })
  .refine(({ min, drop }) => (min === null) !== (drop === null), 'needs either min or drop');

export const gate = z
  .strictObject({
    prompts: z.int().min(2).default(300),
    rule: z.enum(['not-worse', 'better', 'ask']).default('not-worse'),
    margin: z.number().min(0).max(0.5).default(0),
    confidence: z.number().gt(0.5).lt(1).default(0.95),
    onReject: z
      .enum(['keep', 'ask'])
      .default('keep')
      .describe('keep: the opponent goes on; ask: the run waits for decide promote or keep.'),
    floors: z.array(floor).default([]).describe('Metrics of evaluation.commands under which a candidate is kept out.'),
  })
  .prefault({});
