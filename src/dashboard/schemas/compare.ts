import { z } from '@hono/zod-openapi';
import { figure, soon, textSchema } from './common';

export const compareQuery = z.object({
  old: z.string().min(1).max(200).optional().describe('the model before, by its name in its run (default: the start)'),
  new: z.string().min(1).max(200).optional().describe('the model after (default: the champion)'),
  with: z.string().min(1).max(1000).optional().describe("the run of the old model (default: this run's own)"),
  verdict: z.enum(['better', 'worse', 'same']).optional().describe('of the new answer'),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
});

export const comparedSchema = z.object({
  prompt: z.string(),
  category: z.string().nullable(),
  asked: z.string(),
  old: z.object({ text: textSchema, points: figure }),
  new: z.object({ text: textSchema, points: figure }),
  verdict: z.enum(['better', 'worse', 'same', 'unknown']).describe('of the new answer'),
  by: z
    .enum(['direct', 'opponents', 'none'])
    .describe('direct: they met on this prompt; opponents: mean game score against those that both met on it'),
  battle: z
    .object({ run: z.string(), id: z.string() })
    .nullable()
    .describe('the battle where they met, and its run: one of the two that are compared'),
});
export type Compared = z.infer<typeof comparedSchema>;

export const compareSchema = z
  .object({
    runs: z.array(z.string()),
    models: z.object({ old: z.array(z.string()), new: z.array(z.string()) }),
    old: z.string(),
    new: z.string(),
    with: z.string(),
    players: z.object({ old: z.string(), new: z.string() }).describe('ids of the two, as GET /answer takes them'),
    rows: z.array(comparedSchema),
    next: z.string().nullable(),
    summary: soon(
      z.object({ prompts: z.number(), better: z.number(), worse: z.number(), same: z.number(), unknown: z.number() }),
    ),
  })
  .openapi('Compare');
export type Compare = z.infer<typeof compareSchema>;
