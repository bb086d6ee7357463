import { z } from 'zod';
import type { competitor, judge, memberJudge } from './schema/players';
import { problemsOf } from './schema/problems';
import type { managedProcess } from './schema/process';
import type { target } from './schema/serving';
import { settings } from './schema/settings';
import type { lora } from './schema/stages';
import type { training } from './schema/training';

/**
 * The configuration of a run: the one source of types, defaults, errors and JSON Schema; its parts stand in `schema/`.
 * Defaults are the paper's (arXiv 2407.10627) where it gives a number; `shared/method.md` says which are ours.
 */

/** Prompts of a test set that is drawn from the pool (the paper: 1,000 to 2,000, from a pool of 276 thousand). */
const TEST_PROMPTS = 500;

export const configSchema = settings
  .superRefine((config, context) => {
    for (const { path, message } of problemsOf(config)) context.addIssue({ code: 'custom', path, message });
  })
  .transform((config) => {
    const { evaluation, prompts } = config;
    const { testSet, size } = evaluation;
    return config.target === null
      ? {
          ...config,
          rounds: 0,
          // Nothing is trained, so that nothing has to be kept apart: all prompts are the test set.
          evaluation: { ...evaluation, testSet: testSet ?? prompts.source, size: size ?? Number.MAX_SAFE_INTEGER },
        }
      : { ...config, evaluation: { ...evaluation, size: size ?? TEST_PROMPTS } };
  });

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
export type CompetitorConfig = z.output<typeof competitor>;
export type JudgeConfig = z.output<typeof judge>;
export type MemberJudgeConfig = z.output<typeof memberJudge>;
export type TargetConfig = z.output<typeof target>;
export type SamplingConfig = TargetConfig['sampling'];
export type TrainingConfig = z.output<typeof training>;
export type LoraConfig = z.output<typeof lora>;
export type ManagedProcess = NonNullable<z.output<typeof managedProcess>>;
export type StageName = Config['stages'][number];

/** JSON Schema of the configuration file, for editors and documents. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
}
