import { z } from 'zod';
import { count, unit } from './values';

export const arena = z
  .strictObject({
    pairs: z
      .enum(['all', 'target'])
      .default('all')
      .describe(
        "target: training arenas play the target's own pairs only, half of the judging; preference pairs then come from these battles alone.",
      ),
    order: z
      .enum(['streamed', 'phased'])
      .default('streamed')
      .describe(
        'streamed: a prompt is judged as soon as its answers are there; phased: one player answers everything, then the next, then the judge: for GPUs that cannot hold all models at once.',
      ),
    batch: count.default(100).describe('Battles in one activity, about.'),
    window: count
      .max(50)
      .nullable()
      .default(null)
      .describe('Batches in flight; null: as many as keep the judge and all players busy.'),
    maxFailedShare: unit.default(0.05).describe('Share of failed battles above which an arena stops for a decision.'),
    maxInvalidShare: unit.default(0.25),
  })
  .prefault({});
