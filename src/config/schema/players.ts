import { z } from 'zod';
import { judgeTemplateSchema } from '../../judge/template';
import { BUILT_IN_TEMPLATES, isBuiltInTemplate } from '../../judge/templates';
import { contextTokens, reach, sampling } from './endpoint';

const identity = {
  model: z.string().min(1).describe('The name that the endpoint knows the model by.'),
  revision: z.string().nullable().default(null).describe('Free text that tells two versions of one name apart.'),
  systemPrompt: z.string().nullable().default(null),
};

const endpointPlayer = z.strictObject({
  id: z.string().min(1).max(100),
  ...identity,
  sampling: sampling(0.7, 1024),
  ...reach,
  contextTokens,
  joins: z.int().min(0).default(0).describe('The round from which it takes part; 0 from the start.'),
});

const recordedPlayer = z.strictObject({
  id: z.string().min(1).max(100),
  answers: z.string().min(1).describe('A file of answers: Arena-Hard, MT-bench or plain JSONL.'),
  revision: z.string().nullable().default(null),
  joins: z.int().min(0).default(0),
});

export const competitor = z.union([recordedPlayer, endpointPlayer]);

export const memberJudge = z.strictObject({
  ...identity,
  sampling: sampling(0, 512),
  template: z
    .union([
      z.string().refine((name) => isBuiltInTemplate(name) || /\.ya?ml$/i.test(name), {
        error: `must be ${BUILT_IN_TEMPLATES.map(({ name }) => name).join(', ')}, or the path of a template of your own (.yaml)`,
      }),
      judgeTemplateSchema,
    ])
    .default('scores-v1')
    .describe('How it is asked, see docs/judging.md: a name, or the path of a YAML file, whose text is then frozen.'),
  responseFormat: z
    .enum(['text', 'json_schema'])
    .default('text')
    .describe('json_schema: the endpoint holds the judge to the schema of json-v1; not every endpoint can.'),
  ...reach,
  contextTokens,
});

export const judge = memberJudge.extend({
  jury: z
    .strictObject({
      rule: z.enum(['majority', 'mean']).default('majority').describe('Of the verdicts, or of the scores.'),
      with: z.array(memberJudge).min(1).describe('Those who judge together with this judge.'),
    })
    .nullable()
    .default(null)
    .describe("Several judges as one; each member's games are stored as its own."),
});
