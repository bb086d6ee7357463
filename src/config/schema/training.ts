import { z } from 'zod';
import { managedProcess } from './process';
import { argumentList, count, passEnv, secret } from './values';

const launchKeys = {
  processes: count.nullable(),
  nodes: count,
  accelerate: z.string().min(1).nullable(),
  gradientCheckpointing: z.boolean(),
};

const launch = {
  processes: launchKeys.processes
    .default(null)
    .describe(
      'Training processes on each node; null: one per GPU, and one where there is none; PPO takes one unless `stages.ppo` says more.',
    ),
  nodes: launchKeys.nodes.default(1),
  accelerate: launchKeys.accelerate
    .default(null)
    .describe('An accelerate configuration (FSDP, DeepSpeed) for several processes; null: plain data parallelism.'),
  gradientCheckpointing: launchKeys.gradientCheckpointing.default(false),
};

const reservedKeys = { cpus: z.number().gt(0), gpus: z.int().min(0), memoryGb: z.number().gt(0).nullable() };

/** What a scheduler reserves; on each node where there are several. */
const reserved = {
  cpus: reservedKeys.cpus.default(1),
  gpus: reservedKeys.gpus.default(0),
  memoryGb: reservedKeys.memoryGb.default(null),
};

/** Settings of one kind of job that differ from the others'. */
const perKind = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const some = z.strictObject(shape).partial().optional();
  return z
    .strictObject({ sft: some, dpo: some, reward: some, ppo: some })
    .prefault({})
    .describe('What is different for one kind of job.');
};

const trainer = {
  device: z.enum(['auto', 'cpu']).default('auto'),
  dtype: z.enum(['float32', 'bfloat16']).default('float32'),
  threads: count.default(1),
  graceSeconds: z
    .number()
    .gt(0)
    .default(120)
    .describe(
      'A trainer that nobody watches for so long stops at a checkpoint; one that is asked to stop gets so long for it.',
    ),
  process: managedProcess,
};

export const training = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('local').optional().default('local'),
        ...trainer,
        ...launch,
        stages: perKind(launchKeys),
      })
      .describe('Processes beside the worker.'),
    z
      .strictObject({
        kind: z.literal('ray'),
        url: z
          .string()
          .regex(/^https?:\/\/\S+$/, "must be the address of Ray's dashboard, such as http://ray:8265")
          .describe("Ray's dashboard, which takes jobs."),
        key: secret,
        python: z
          .string()
          .min(1)
          .default('python')
          .describe("The Python on Ray's nodes that has the trainer's packages."),
        ...trainer,
        ...launch,
        ...reserved,
        stages: perKind({ ...launchKeys, ...reservedKeys }),
      })
      .describe('Jobs on a Ray cluster that shares the artifacts folder.'),
    z
      .strictObject({
        kind: z.literal('command'),
        submit: argumentList,
        status: argumentList,
        cancel: argumentList,
        waiting: z
          .array(z.string().min(1))
          .default(['waiting', 'PENDING', 'CONFIGURING', 'REQUEUED', 'REQUEUE_HOLD', 'RESV_DEL_HOLD', 'SUSPENDED'])
          .describe('First words of the answer of `status` that mean: not running yet.'),
        running: z
          .array(z.string().min(1))
          .default(['running', 'COMPLETING', 'RESIZING', 'SIGNALING', 'STAGE_OUT', 'STOPPED'])
          .describe('… that mean: running. An empty answer or another word means: ended.'),
        passEnv,
        pollSeconds: z.number().gt(0).default(10),
        python: z.string().min(1).default('python').describe('What {python} stands for.'),
        ...trainer,
        ...launch,
        ...reserved,
        stages: perKind({ ...launchKeys, ...reservedKeys }),
      })
      .describe('Jobs of a scheduler, by commands such as sbatch, squeue and scancel.'),
  ])
  .prefault({ kind: 'local' });
