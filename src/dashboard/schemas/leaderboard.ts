import { z } from '@hono/zod-openapi';
import { categoriesSchema, figure, judgeRole, soon } from './common';

const rank = z.object({ rank: z.number(), lower: z.number(), upper: z.number() });

export const ratedModelSchema = z.object({
  model: z.string(),
  rating: z.number(),
  lower: figure,
  upper: figure,
  se: figure,
  rank: rank.nullable(),
  battles: z.number(),
  wins: z.number(),
  losses: z.number(),
  ties: z.number(),
});
export type RatedModel = z.infer<typeof ratedModelSchema>;

const ratingTableSchema = z.object({
  models: z.array(ratedModelSchema),
  resample: z.enum(['prompt', 'battle']),
  clusters: z.number(),
  rounds: z.number(),
  point: z.enum(['median', 'fit']),
  warnings: z.array(z.string()),
});

const estimate = z.object({ value: z.number(), lower: figure, upper: figure });
export const styleSchema = z.object({
  models: z.array(z.object({ model: z.string(), controlled: estimate.nullable(), plain: estimate.nullable() })),
  coefficients: z.array(estimate.extend({ feature: z.string() })),
  separated: z.array(z.string()),
  warnings: z.array(z.string()),
});

export const pairSchema = z.object({
  a: z.string(),
  b: z.string(),
  battles: z.number(),
  winRate: figure.describe('share of the readable games that a won, a tie half'),
  win: z.number(),
  loss: z.number(),
  tie: z.number(),
  inconsistent: z.number(),
  invalid: z.number(),
  failed: z.number(),
});
export type Pair = z.infer<typeof pairSchema>;

export const leaderboardSchema = z
  .object({
    run: z.string(),
    boards: z.array(z.object({ label: z.string(), judges: z.array(judgeRole) })).describe('those that were published'),
    label: z.string(),
    judge: judgeRole,
    judgeName: z.string(),
    heldOut: z.boolean().describe('false: the judge that selects training data also rates'),
    trains: z.boolean(),
    category: z.string().nullable(),
    categories: categoriesSchema,
    model: z.string().nullable(),
    champion: z.string().nullable(),
    difference: z
      .object({ difference: z.number(), lower: figure, upper: figure, champion: z.string() })
      .nullable()
      .describe('points of the model above the champion, on the same prompts'),
    table: soon(ratingTableSchema),
    style: soon(styleSchema).nullable(),
    pairs: soon(z.array(pairSchema)),
  })
  .openapi('Leaderboard');
export type Leaderboard = z.infer<typeof leaderboardSchema>;

export const leaderboardQuery = z.object({
  label: z.string().max(200).optional().describe('a published table, such as I0 or r1-sft-a1 (default: the newest)'),
  judge: judgeRole.default('evaluation'),
  category: z.string().max(200).optional().describe('by the games on prompts of one category alone, fitted anew'),
  style: z.enum(['0', '1']).default('0').describe('1: also at equal length, headers, lists and bold'),
});
