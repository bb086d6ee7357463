import { z } from '@hono/zod-openapi';
import { figure, soon, textSchema } from './common';
import { answerSchema, gameSchema, promptSchema } from './battles';

export const datasetSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    round: z.int(),
    stage: z.string(),
    attempt: z.int(),
    rows: z.int(),
    newRows: z.int().nullable(),
    threshold: figure.describe('least gap that a row needed; null: no threshold'),
    sha256: z.string(),
    path: z.string(),
    superseded: z.boolean().describe('a rollback abandoned it'),
    createdAt: z.string(),
  })
  .openapi('Dataset');
export const poolSchema = z.object({
  pool: z.string(),
  files: z.int(),
  prompts: z.number(),
  kept: z.number(),
  masked: z.number(),
  dropped: z.array(z.object({ reason: z.string(), prompts: z.number() })),
});
export const datasetsSchema = z
  .object({
    datasets: z.array(datasetSchema),
    pools: soon(z.array(poolSchema)).describe("the pools that the run's prompts come from"),
  })
  .openapi('Datasets');
export type Datasets = z.infer<typeof datasetsSchema>;

const histogram = z.object({ edges: z.array(z.number()), counts: z.array(z.number()) });
export type Histogram = z.infer<typeof histogram>;

export const profileSchema = z.object({
  rows: z.int(),
  gaps: histogram.nullable(),
  lengths: z.object({ prompt: histogram.nullable(), chosen: histogram.nullable(), rejected: histogram.nullable() }),
  longerChosen: figure,
  clusters: z.array(z.object({ cluster: z.int(), rows: z.int() })),
  categories: z.array(z.object({ category: z.string().nullable(), rows: z.int() })),
  rounds: z.array(z.object({ round: z.int(), rows: z.int() })),
});

export const datasetDetailSchema = z
  .object({
    dataset: datasetSchema,
    settings: z.unknown(),
    counts: z.record(z.string(), z.number()).describe('groups of the new battles by what became of them'),
    card: z
      .object({
        chosen: z.array(z.object({ player: z.string(), rows: z.int() })),
        meanTokens: z.object({ prompt: figure, chosen: figure, rejected: figure }),
        lengthEffect: z
          .object({ beta: z.number(), lower: z.number(), upper: z.number(), battles: z.number() })
          .nullable()
          .describe('judge points per natural log of the relative length'),
      })
      .nullable()
      .describe("null: the card beside the dataset's file cannot be read here"),
    profile: soon(profileSchema),
  })
  .openapi('DatasetDetail');
export type DatasetDetail = z.infer<typeof datasetDetailSchema>;

const sideSchema = z.object({ player: z.string().nullable(), text: textSchema }).nullable();

export const dataRowSchema = z.object({
  row: z.int().describe('from 1'),
  round: z.int(),
  gap: figure,
  asked: z.string(),
  chosen: sideSchema,
  rejected: sideSchema,
  battles: z.array(z.string()),
});
export const dataRowsSchema = z
  .object({ rows: z.array(dataRowSchema), from: z.int(), total: z.int() })
  .openapi('DatasetRows');
export type DataRows = z.infer<typeof dataRowsSchema>;

/** A training row with all that it came from. */
export const rowTraceSchema = z
  .object({
    dataset: z.string(),
    row: z.int(),
    kind: z.string(),
    madeIn: z.object({ run: z.string(), round: z.int(), stage: z.string() }),
    chosen: z.string().nullable(),
    rejected: z.string().nullable(),
    gap: figure,
    prompt: promptSchema.extend({ parts: z.array(z.string()) }),
    texts: z.array(z.object({ role: z.enum(['chosen', 'rejected']), text: textSchema })),
    answers: z.array(answerSchema.omit({ playerId: true })),
    battles: z.array(
      z.object({
        id: z.string(),
        a: z.string(),
        b: z.string(),
        judge: z.string(),
        outcome: z.string().nullable(),
        margin: figure,
        games: z.array(gameSchema),
      }),
    ),
    total: z.int(),
  })
  .openapi('RowTrace');
export type RowTrace = z.infer<typeof rowTraceSchema>;

export const poolsSchema = z.object({ pools: soon(z.array(poolSchema)) }).openapi('Pools');
export type Pools = z.infer<typeof poolsSchema>;

export const droppedSchema = z
  .object({
    dropped: z.array(
      z.object({
        prompt: z.string(),
        file: z.string(),
        line: z.number(),
        text: z.string(),
        reason: z.string(),
        similarity: figure,
        kept: z.string().nullable().describe('the near-duplicate that is kept'),
      }),
    ),
    next: z.string().nullable(),
  })
  .openapi('Dropped');
export type Dropped = z.infer<typeof droppedSchema>;
