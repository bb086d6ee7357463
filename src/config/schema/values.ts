import { z } from 'zod';

export const unit = z.number().min(0).max(1);
export const count = z.int().min(1);

export const secret = z
  .string()
  .regex(
    /^env:[A-Za-z_]\w*$/,
    'must name an environment variable as env:NAME; a key itself never stands in a configuration',
  )
  .nullable()
  .default(null)
  .describe('The API key, by the name of the environment variable that holds it: env:NAME.');

export const argumentList = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'A program and its arguments; no shell reads them. {name}, {folder} … are filled in, see docs/training.md, docs/serving.md.',
  );

export const passEnv = z
  .array(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable'))
  .default([])
  .describe('Variables of the worker that the command gets besides PATH, HOME and the like.');
