import { z } from '@hono/zod-openapi';
import { figure, judgeRole, outcome, soon } from './common';

export const measureSchema = z
  .object({ value: figure, se: figure, lower: figure, upper: figure, n: z.number() })
  .describe('a figure with its 95% interval by prompt; n: what was counted');
export type Measure = z.infer<typeof measureSchema>;

const profile = z.object({
  battles: z.number(),
  perMille: z.number().describe('of the prompts, in a thousand, that were looked at'),
  inconsistent: measureSchema,
  firstShown: measureSchema.describe('mean score of the answer shown first, less one half'),
  longerWins: measureSchema,
  lengthSlope: measureSchema,
  invalid: measureSchema,
});
export type JudgeProfile = z.infer<typeof profile>;

export const arenaOutcomesSchema = z.object({
  arena: z.string(),
  label: z.string(),
  purpose: z.string(),
  counts: z.partialRecord(outcome, z.number()),
});

export const judgesSchema = z
  .object({
    trains: z.boolean().describe('false: an arena alone, which selects no training data'),
    heldOut: z.boolean().describe('false: one judge does all'),
    judges: z.array(
      z.object({
        role: judgeRole,
        name: z.string(),
        template: z.string(),
        profile: soon(profile),
        arenas: soon(z.array(arenaOutcomesSchema)),
      }),
    ),
    agreement: soon(
      z
        .object({
          evaluation: z.string(),
          data: z.string(),
          battles: z.number(),
          agreed: z.number(),
          share: z.number(),
          kappa: figure,
        })
        .nullable(),
    ),
  })
  .openapi('Judges');
export type Judges = z.infer<typeof judgesSchema>;

const agreement = z.object({ withTies: measureSchema, withoutTies: measureSchema, kappa: measureSchema });

export const auditSchema = z
  .object({
    judge: z.object({ name: z.string(), judgements: z.number() }),
    human: z.object({
      votes: z.number(),
      elsewhere: z.number().describe('votes on no prompt, or not on the turn, that the judge saw'),
      skipped: z.array(z.object({ reason: z.string(), count: z.number(), firstLine: z.number() })),
    }),
    agreement: z.array(z.object({ turn: z.number().nullable(), judge: agreement, people: agreement })),
    longerWins: z.object({ judge: measureSchema, people: measureSchema }),
  })
  .openapi('Audit');
export type Audit = z.infer<typeof auditSchema>;
