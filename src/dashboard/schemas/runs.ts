import { z } from '@hono/zod-openapi';
import { figure, intervalSchema, soon, stage } from './common';

const costs = z.object({ calls: z.number(), failedCalls: z.number(), tokens: z.number(), usd: z.number() });

/** What an operator may send, as `MessageName` in workflows/messages.ts. */
export const messageName = z.enum(['pause', 'resume', 'rollback', 'setBudget', 'decide']);

/** As `Progress` in workflows/types.ts. */
export const progressSchema = z
  .object({
    run: z.string(),
    name: z.string(),
    status: z.enum(['starting', 'running', 'paused', 'needs attention', 'done']),
    round: z.int(),
    rounds: z.int(),
    stage: z.string(),
    step: z.string(),
    done: z.number(),
    total: z.number(),
    rate: figure,
    etaSeconds: figure,
    spend: costs,
    budgetUsd: figure,
    steps: z.array(
      z.object({
        label: z.string(),
        decision: z.string(),
        rating: intervalSchema.nullable(),
        dataRating: intervalSchema.nullable(),
        gate: z.string().nullable(),
        benchmarks: z.record(z.string(), z.number()).optional(),
      }),
    ),
    leaderboard: z.array(intervalSchema.extend({ player: z.string() })),
    lastAction: z.string().nullable(),
    lastProblem: z.string().nullable(),
    nextAction: z.string(),
  })
  .openapi('Progress');

/** How a run's workflow looks from outside. */
export const workflowState = z.enum(['none', 'open', 'completed', 'failed', 'cancelled', 'terminated', 'timed out']);

export const runRowSchema = z
  .object({
    run: z.string(),
    name: z.string(),
    kind: z.enum(['flywheel', 'arena']),
    status: z
      .enum(['starting', 'running', 'paused', 'needs attention', 'done', 'closed', 'unreachable'])
      .describe('closed: its workflow has ended before the run was complete; unreachable: nobody answers for it'),
    round: z.int(),
    rounds: z.int(),
    stage: z.string(),
    step: z.string().describe('what it does now, in words'),
    steps: z.object({ finished: z.int(), of: z.int() }),
    done: z.number(),
    total: z.number(),
    etaSeconds: figure,
    usd: figure.describe('null: being counted'),
    budgetUsd: figure,
    model: z.string().nullable(),
    rating: intervalSchema.nullable(),
    attention: z.string().nullable().describe('what needs a person, in a sentence'),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('RunRow');
export type RunRow = z.infer<typeof runRowSchema>;

export const runsSchema = z
  .object({
    runs: z.array(runRowSchema),
    next: z.string().nullable().describe('give as `after` for the next page'),
    attention: z
      .array(z.object({ run: z.string(), sentence: z.string() }))
      .describe('what needs a person, also on later pages; told on the first page only'),
    temporal: z.string().nullable(),
  })
  .openapi('Runs');
export type Runs = z.infer<typeof runsSchema>;

export const gateSchema = z.object({
  candidate: z.string(),
  opponent: z.string(),
  mean: z.number().describe("the candidate's mean game score, a tie counting half"),
  lower: z.number(),
  upper: z.number(),
  prompts: z.int(),
  decision: z.string(),
  sentence: z.string(),
});

export const stepSchema = z
  .object({
    label: z.string(),
    round: z.int(),
    stage,
    attempt: z.int().nullable(),
    state: z.enum(['finished', 'current', 'ahead']),
    decision: z.enum(['promote', 'keep', 'none']).nullable(),
    model: z.string().nullable().describe('the model that is used from here on'),
    candidate: z.string().nullable(),
    gate: gateSchema.nullable(),
    battles: z.number().nullable(),
    rows: z.number().nullable(),
    seconds: z.number().nullable(),
    rating: intervalSchema.nullable(),
    dataRating: intervalSchema.nullable(),
    datasets: z.array(z.object({ id: z.string(), kind: z.string() })),
    arenas: z.array(z.string()).describe('ids of its arenas'),
  })
  .openapi('Step');
export type Step = z.infer<typeof stepSchema>;

export const ratingPointSchema = z.object({
  label: z.string(),
  round: z.int(),
  stage: z.string(),
  model: z.string().nullable().describe('the model that this table was made for'),
  models: z.array(intervalSchema.extend({ model: z.string() })),
});

export const spendSchema = z.object({
  purposes: z.array(costs.extend({ purpose: z.string() })),
  parties: z.array(costs.extend({ name: z.string(), role: z.enum(['player', 'judge']) })),
});
export type Spending = z.infer<typeof spendSchema>;

export const runSchema = z
  .object({
    row: runRowSchema,
    configHash: z.string(),
    progress: progressSchema,
    workflow: workflowState,
    trouble: z.string().nullable().describe('why no worker answers'),
    /** All steps that the run will have, in their order: the start, then each round's stages and its end. */
    plan: z.array(stepSchema),
    /** Attempts that a rollback left behind. */
    abandoned: z.array(z.object({ label: z.string(), round: z.int(), stage: z.string(), attempt: z.int() })),
    competitors: z.array(z.object({ id: z.string(), joins: z.int() })),
    champion: z.string().nullable(),
    ratings: z.array(ratingPointSchema).describe('each table as it was published'),
    spend: soon(spendSchema),
    actions: z.array(messageName).describe('what may help now'),
    decisions: z.array(z.string()).describe('what `decide` takes now'),
    judges: z.object({ evaluation: z.string(), data: z.string(), heldOut: z.boolean() }),
    temporalUi: z.string().nullable(),
  })
  .openapi('Run');
export type RunDetail = z.infer<typeof runSchema>;

export const eventSchema = z
  .object({ id: z.string(), at: z.string(), kind: z.string(), sentence: z.string() })
  .openapi('Event');
export const eventsSchema = z
  .object({ events: z.array(eventSchema), next: z.string().nullable().describe('give as `before` for older ones') })
  .openapi('Events');
export type Events = z.infer<typeof eventsSchema>;

export const curveSchema = z
  .object({
    label: z.string(),
    kind: z.string(),
    attempt: z.int().nullable(),
    round: z.int().nullable(),
    steps: z.int(),
    step: z.int(),
    finished: z.boolean(),
    series: z.array(z.object({ metric: z.string(), points: z.array(z.tuple([z.number(), z.number()])) })),
  })
  .openapi('Curve');
export const curvesSchema = z.object({ jobs: z.array(curveSchema) }).openapi('Curves');
export type Curves = z.infer<typeof curvesSchema>;

export const runsQuery = z.object({
  after: z.string().min(1).max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** As an update of the workflow takes it: the run's own rule checks it, and answers with its own sentence. */
export const messageSchema = z
  .record(z.string(), z.unknown())
  .openapi('Message', { example: { mode: 'now', reason: 'GPU needed elsewhere' } });
export const sentenceSchema = z.object({ sentence: z.string() }).openapi('Sentence');
