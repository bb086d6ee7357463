import { z } from '@hono/zod-openapi';

/** A figure that JSON cannot hold (infinite, not a number) is null. */
export const figure = z.number().nullable();

export const intervalSchema = z
  .object({ rating: z.number(), lower: figure, upper: figure })
  .describe('Rating in points with its 95% interval; a null end has no limit.');
export type Interval = z.infer<typeof intervalSchema>;

/** Something that may still be computed. */
export const soon = <Schema extends z.ZodType>(value: Schema) =>
  z
    .discriminatedUnion('state', [
      z.object({ state: z.literal('ready'), value }),
      z.object({ state: z.literal('pending') }),
      z.object({ state: z.literal('failed'), sentence: z.string() }),
    ])
    .describe('ready with its value; pending: being computed, ask again; failed: with a sentence.');
export type Soon<T> = { state: 'ready'; value: T } | { state: 'pending' } | { state: 'failed'; sentence: string };

export const judgeRole = z.enum(['evaluation', 'data']);
export type JudgeRole = z.infer<typeof judgeRole>;

export const stage = z.enum(['start', 'sft', 'dpo', 'ppo', 'round']);

export const outcome = z.enum(['win', 'loss', 'tie', 'inconsistent', 'invalid', 'failed']);
export type Outcome = z.infer<typeof outcome>;

/** What an arena is played for. */
export const purpose = z.enum(['training', 'gate', 'evaluation']);

/** The categories that a filter offers, with how many prompts each has. */
export const categoriesSchema = soon(z.array(z.object({ category: z.string(), prompts: z.number() })));

/** A text of a model or a judge: hostile until shown as text. Long ones are cut. */
export const textSchema = z.object({
  text: z.string(),
  characters: z.int().describe('of the whole text'),
  words: z.int(),
});
export type Text = z.infer<typeof textSchema>;
