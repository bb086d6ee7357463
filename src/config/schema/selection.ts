import { z } from 'zod';
import { count } from './values';

export const selection = z
  .strictObject({
    margin: z.enum(['group', 'battle']).default('group'),
    skipTruncated: z.boolean().default(true).describe('An answer cut by length is never chosen.'),
    skipRefusals: z.boolean().default(true).describe('An answer that declines to answer is never chosen.'),
    skipMakers: z
      .boolean()
      .default(true)
      .describe('An answer that says which model it is, or who made it, is never chosen.'),
    lengthGuard: z
      .enum(['off', 'residual', 'ratio'])
      .default('off')
      .describe(
        'off (the paper); residual: the margin must suffice without what length alone brings; ratio: see lengthRatio.',
      ),
    lengthRatio: z
      .number()
      .gt(1)
      .default(2)
      .describe('With lengthGuard ratio: tokens of the chosen answer at most, as a multiple of the rejected one.'),
    method: z
      .enum(['battles', 'random', 'longest', 'diverse', 'whole'])
      .default('battles')
      .describe("SFT rows: by battles, or by a baseline of the paper's ablation."),
    baselineRows: count.nullable().default(null).describe('Rows of a baseline; null: as many as battles give.'),
    maxPerCluster: count
      .nullable()
      .default(null)
      .describe('Rows of one cluster of prompts at most, those with the largest gaps.'),
  })
  .prefault({});
