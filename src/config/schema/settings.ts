import { z } from 'zod';
import { HEARTBEAT } from '../heartbeat';
import { arena } from './arena';
import { evaluation, gate } from './evaluation';
import { groups } from './process';
import { competitor, judge } from './players';
import { prompts } from './prompts';
import { selection } from './selection';
import { target } from './serving';
import { dpo, ppo, sft } from './stages';
import { training } from './training';

/** Every setting of a configuration, each for itself: `problemsOf` says what does not fit together. */
export const settings = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be letters, digits, ".", "_" or "-"')
    .default('flywheel')
    .describe("The run's name on the command line; the workflow id is the run's key."),
  seed: z.int().min(0).default(0),
  rounds: z.int().min(0).max(100).default(3),
  stages: z
    .array(z.enum(['sft', 'dpo', 'ppo']))
    .min(1)
    .default(['sft', 'dpo', 'ppo']),
  target: target
    .nullable()
    .default(null)
    .describe('The model to train; without one there is only an arena, a leaderboard of the competitors.'),
  start: z
    .strictObject({ sft: z.string().nullable().default(null).describe('D0: round 0 trains SFT-I0 on these rows.') })
    .prefault({}),
  competitors: z.array(competitor).min(1),
  judge: judge.describe('Selects the training data.'),
  evaluation,
  arena,
  prompts,
  sft: sft.prefault({}),
  dpo: dpo.prefault({}),
  ppo: ppo.prefault({}),
  selection,
  training,
  groups,
  gate,
  heartbeat: z
    .strictObject({
      batchSeconds: z.number().gt(0).default(HEARTBEAT.batchSeconds),
      trainingSeconds: z.number().gt(0).default(HEARTBEAT.trainingSeconds),
      queueSeconds: z
        .number()
        .gt(0)
        .default(HEARTBEAT.queueSeconds)
        .describe('Work that no worker has taken for so long parks the run, where no worker serves its task queue.'),
    })
    .prefault({})
    .describe('After so long without a sign of life Temporal gives the work to another worker.'),
  budget: z.strictObject({ usd: z.number().gt(0).nullable().default(null) }).prefault({}),
  anchor: z
    .strictObject({ model: z.string().min(1), rating: z.number() })
    .nullable()
    .default(null)
    .describe('Null: the mean of the initial competitors is 1000.'),
  pauseAfter: z.enum(['stage', 'round']).nullable().default(null),
});

export type Settings = z.output<typeof settings>;
