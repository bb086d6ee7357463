import { z } from 'zod';

/** How a judge is asked to answer, and so how its text is read. */
export const VERDICT_FORMS = ['scores', 'mt-bench', 'arena-hard', 'json'] as const;
export type VerdictForm = (typeof VERDICT_FORMS)[number];

const text = z.string().trim().min(1, 'must be a text');

/**
 * How a judge is asked. All of it is part of the judge's identity, so that an edited template never takes over the verdicts
 * of the one before it.
 */
export const judgeTemplateSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be letters, digits, ".", "_" or "-"')
    .describe('What tables and reports call it.'),
  version: z.union([z.int().min(1), text]).describe('For people; what tells two versions apart is their content.'),
  format: z.enum(VERDICT_FORMS).describe('The form that `ask` asks for, and in which the text is read.'),
  system: text.describe('The system message: who judges, by what criteria.'),
  ask: text.describe('What the user message asks for, after the dialogue and the two answers.'),
  reference: text
    .nullable()
    .default(null)
    .describe('Stands below the reference answer of a prompt that has one; null: references are not shown.'),
});

export type JudgeTemplate = z.output<typeof judgeTemplateSchema>;
