import { z } from 'zod';
import { ADAPTIVE_DEFAULTS } from '../arena/matchmaking/looks';
import { judgeTemplateSchema } from '../judge/template';
import { BUILT_IN_TEMPLATES, isBuiltInTemplate } from '../judge/templates';
import { CONTAMINATION_DEFAULTS } from '../prompts/decontaminate/contamination';
import { launchOf } from './launch';

/**
 * The configuration of a run: the one source of types, defaults, errors and JSON Schema.
 * Defaults are the paper's (arXiv 2407.10627) where it gives a number; `shared/method.md` says which are ours.
 */

/** Prompts of a test set that is drawn from the pool (the paper: 1,000 to 2,000, from a pool of 276 thousand). */
const TEST_PROMPTS = 500;

const unit = z.number().min(0).max(1);
const count = z.int().min(1);
const secret = z
  .string()
  .regex(
    /^env:[A-Za-z_]\w*$/,
    'must name an environment variable as env:NAME; a key itself never stands in a configuration',
  )
  .nullable()
  .default(null)
  .describe('The API key, by the name of the environment variable that holds it: env:NAME.');

const address = z
  .string()
  .regex(/^(https?:\/\/\S+|sandbox:)$/, 'must be an http(s) address such as http://gpu1:8000/v1, or "sandbox:"')
  .describe(
    'Base address of an OpenAI-compatible API, or "sandbox:" for the scripted models that come with Arena Flywheel.',
  );

const sampling = (temperature: number, maxTokens: number) =>
  z
    .strictObject({
      temperature: z.number().min(0).max(2).default(temperature),
      topP: z.number().gt(0).max(1).default(1),
      maxTokens: count.default(maxTokens).describe('Tokens at most in one answer.'),
      stop: z.array(z.string().min(1)).max(4).optional(),
    })
    .prefault({});

const price = z
  .strictObject({ input: z.number().min(0).default(0), output: z.number().min(0).default(0) })
  .describe('USD per million tokens.')
  .prefault({});

const reach = {
  url: address,
  replicas: z
    .array(address)
    .default([])
    .describe(
      'Further addresses of the same model: the least busy one is asked, failing ones rest and are tried again.',
    ),
  key: secret,
  concurrency: count
    .default(16)
    .describe(
      'Calls in flight at most at each address, over all activities of a worker; fewer while the endpoint refuses them or becomes slow.',
    ),
  requestsPerMinute: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe(
      'Calls a minute at most, for each worker and all addresses together; null: no limit but what the endpoint says.',
    ),
  tokensPerMinute: z
    .number()
    .gt(0)
    .nullable()
    .default(null)
    .describe('Tokens a minute at most, read and written, in the same way.'),
  timeoutSeconds: z.number().gt(0).default(120).describe('Of one attempt, at most.'),
  patience: z
    .number()
    .min(1)
    .nullable()
    .default(4)
    .describe(
      'An attempt is given up sooner after so many times the 99th percentile of measured latencies (20 s at least; twice as long after each time-out); null: never.',
    ),
  hedge: z
    .number()
    .min(0.5)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'A second copy of a call is sent after this quantile of measured latencies, such as 0.98, and the first reply counts: both are paid for. null: never.',
    ),
  retries: z.int().min(0).default(6).describe('Repeats of a call after a passing error.'),
  dialect: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .default('max_tokens')
    .describe('How the endpoint names the limit of tokens; newer OpenAI models refuse max_tokens.'),
  repliesAs: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'The model name in its replies where it is another than `model`, such as of a deployment; other replies are refused.',
    ),
  price,
};

const contextTokens = count
  .nullable()
  .default(null)
  .describe('Tokens that fit its context, answer included; `plan` says which share of the prompts will not.');

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

const competitor = z.union([recordedPlayer, endpointPlayer]);

const memberJudge = z.strictObject({
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

const judge = memberJudge.extend({
  jury: z
    .strictObject({
      rule: z.enum(['majority', 'mean']).default('majority').describe('Of the verdicts, or of the scores.'),
      with: z.array(memberJudge).min(1).describe('Those who judge together with this judge.'),
    })
    .nullable()
    .default(null)
    .describe("Several judges as one; each member's games are stored as its own."),
});

const lora = z
  .strictObject({
    r: count.default(16),
    alpha: z.number().gt(0).default(32),
    dropout: unit.default(0),
    targetModules: z.array(z.string()).default(['q_proj', 'k_proj', 'v_proj', 'o_proj']),
  })
  .nullable()
  .default(null)
  .describe('Low-rank adapters, merged after each stage; null trains all weights.');

const optimiser = (learningRate: number, batch: number) => ({
  learningRate: z.number().gt(0).default(learningRate),
  batch: count.default(batch).describe('Rows per optimiser step, over all processes.'),
  microBatch: count.nullable().default(null).describe('Rows per forward pass; null: the whole batch.'),
  maxLength: count.default(4096).describe('Tokens at most in a training row; longer rows are counted and dropped.'),
  warmupSteps: z.int().min(0).default(0),
  scheduler: z.enum(['cosine', 'linear', 'constant']).default('cosine'),
  weightDecay: z.number().min(0).default(0),
  saveSteps: count.default(50),
  maxSteps: count.nullable().default(null),
  lora,
});

const thresholds = (values: number[]) =>
  z
    .array(z.number().min(0).max(9))
    .min(1)
    .default(values)
    .describe('Least margin of judge scores per round; the last one holds for all later rounds.');

const accumulation = z
  .enum(['accumulate', 'round'])
  .default('accumulate')
  .describe("accumulate (the paper): earlier rounds' rows of this stage and the new ones; round: the new ones alone.");

const reference = z
  .enum(['init', 'I0'])
  .default('init')
  .describe('Whom the policy is held to: the model that this stage starts from, or the start of the run.');

const sft = z.strictObject({
  init: z.enum(['I0', 'previous']).default('I0').describe("I0: every round tunes the start anew, on all rounds' rows."),
  data: accumulation,
  threshold: thresholds([3, 1, 1]),
  epochs: z.number().gt(0).default(3),
  ...optimiser(5e-6, 128),
});

const dpo = z.strictObject({
  reference,
  data: accumulation,
  threshold: thresholds([2, 2, 2]),
  epochs: z.number().gt(0).default(2),
  beta: z.number().gt(0).default(0.3),
  loss: z
    .array(z.enum(['sigmoid', 'sft']))
    .min(1)
    .default(['sigmoid'])
    .describe('Terms of the loss, each with weight 1.'),
  ...optimiser(5e-7, 128),
});

const rewardModel = z.strictObject({
  init: z
    .enum(['policy', 'I0'])
    .default('policy')
    .describe('Whose weights it starts from: those of the model that PPO trains, or the start of the run.'),
  pairs: z.enum(['best-worst', 'all']).default('best-worst'),
  threshold: thresholds([2, 2, 2]),
  data: z
    .enum(['stage', 'dpo-and-ppo'])
    .default('stage')
    .describe("Pairs of this round's PPO slice only, or of its DPO slice as well."),
  maxPairs: count.nullable().default(null),
  epochs: z.number().gt(0).default(1),
  centerRewards: z.number().min(0).nullable().default(null),
  holdout: unit.default(0.05).describe('Share of prompts whose pairs only measure the accuracy.'),
  minAccuracy: unit.default(0.55).describe('Held-out accuracy under which the run stops for a decision.'),
  ...optimiser(1e-6, 128),
});

const ppo = z.strictObject({
  reference,
  data: accumulation,
  algorithm: z
    .enum(['ppo', 'rloo'])
    .default('ppo')
    .describe('ppo: ours, with a critic; rloo: REINFORCE with a leave-one-out baseline, by TRL, on the same rewards.'),
  generations: z.int().min(2).default(4).describe('rloo: answers to each prompt of an update; `batch` counts answers.'),
  epochs: z.number().gt(0).default(1),
  updates: count.nullable().default(null).describe('Updates in all; null: as many as the epochs need.'),
  batch: count.default(128),
  minibatch: count.default(32),
  ppoEpochs: count.default(2).describe('Passes over each rollout; rloo makes one.'),
  learningRate: z.number().gt(0).default(1e-7),
  valueLearningRate: z.number().gt(0).default(1e-6),
  klCoefficient: z.number().min(0).default(0.4).describe('Weight of the KL per token, on the normalised score.'),
  scoreNormalisation: z.enum(['first-batch', 'none']).default('first-batch'),
  scoreClip: z.number().gt(0).default(4),
  clip: z.number().gt(0).default(0.2),
  valueClip: z.number().gt(0).default(0.2),
  gaeLambda: unit.default(0.95),
  gamma: unit.default(1),
  temperature: z.number().gt(0).default(1),
  maxNewTokens: count.default(1024),
  maxPromptLength: count.default(3072),
  noEosScore: z.number().default(-2).describe('Normalised score of an answer that never ends.'),
  maxGradNorm: z.number().gt(0).default(1),
  saveUpdates: count.default(10),
  lora,
  rewardModel: rewardModel.prefault({}),
});

const argumentList = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'A program and its arguments; no shell reads them. {name}, {folder} … are filled in, see docs/training.md, docs/serving.md.',
  );

const passEnv = z
  .array(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable'))
  .default([])
  .describe('Variables of the worker that the command gets besides PATH, HOME and the like.');

const launchKeys = {
  processes: count.nullable(),
  nodes: count,
  accelerate: z.string().min(1).nullable(),
  gradientCheckpointing: z.boolean(),
};

const launch = {
  processes: launchKeys.processes
    .default(null)
    .describe('Training processes on each node; null: one per GPU, and one where there is none. PPO takes one.'),
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
};

const training = z
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

const { url: _url, replicas: _replicas, repliesAs: _none, ...manyReach } = reach;

const vllm = z
  .strictObject({
    kind: z.literal('vllm'),
    urls: z
      .array(z.string().regex(/^https?:\/\/\S+$/, 'must be an address such as http://gpu1:8000/v1'))
      .default([])
      .describe(
        'vLLM servers of the base that run already: adapters are loaded into each (target.adapters: continued).',
      ),
    start: argumentList
      .nullable()
      .default(null)
      .describe('Starts a server of whole weights for each checkpoint: {path}, {name}, {port}; instead of urls.'),
    ...manyReach,
    keep: count
      .default(2)
      .describe(
        'Earlier checkpoints that stay loaded, for battles and rollbacks; with start, servers beside the newest.',
      ),
    baseRoot: z
      .string()
      .nullable()
      .default(null)
      .describe("The base's folder as vLLM names it, where it sees other paths; null: target.base."),
    paths: z
      .strictObject({ here: z.string().min(1), there: z.string().min(1) })
      .nullable()
      .default(null)
      .describe('How the servers name the artifacts folder, where they mount it elsewhere.'),
    readySeconds: z.number().gt(0).default(600).describe('How long a server that is not up is waited for.'),
    passEnv,
  })
  .describe('vLLM, see docs/serving.md.');

const target = z.strictObject({
  base: z.string().min(1).describe('Folder of the model (Hugging Face form, with its tokenizer).'),
  serve: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('local'),
        threads: count.default(1),
        concurrency: count.default(32),
        timeoutSeconds: z.number().gt(0).default(600),
      }),
      z.strictObject({
        kind: z.literal('endpoint'),
        ...reach,
        models: z
          .record(z.string(), z.string())
          .default({})
          .describe('Model name at the endpoint by checkpoint id (I0, r1-sft-a1); the id itself where it is absent.'),
      }),
      vllm,
    ])
    .prefault({ kind: 'local' }),
  adapters: z
    .enum(['merged', 'continued'])
    .default('merged')
    .describe(
      'With lora in all stages. merged: each stage trains a new adapter and merges it; continued: one adapter goes through all stages, and can be loaded into a running vLLM.',
    ),
  chatTemplate: z.string().nullable().default(null).describe("Jinja text; null: the tokenizer's own."),
  endOfTurn: z
    .string()
    .nullable()
    .default(null)
    .describe("The token that ends a turn; null: the tokenizer's end of sequence."),
  contextTokens,
  systemPrompt: z.string().nullable().default(null),
  sampling: sampling(0.7, 1024),
});

const promptSource = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'Files of prompts (any form that `prompts import` knows), patterns of files (chats/*.jsonl), or pool:NAME, a pool in the database.',
  );

const benchmark = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be letters, digits, ".", "_" or "-"'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Program and arguments, without a shell. It finds the model in FLYWHEEL_MODEL_URL, FLYWHEEL_MODEL and FLYWHEEL_MODEL_KEY, and prints a JSON object.',
    ),
  timeoutSeconds: z.number().gt(0).default(3600),
  env: z.array(z.string().min(1)).default([]).describe("Names of the worker's variables that it may see."),
});

const floor = z
  .strictObject({
    command: z.string().min(1).describe('The id of one of evaluation.commands.'),
    metric: z.string().min(1).describe('Path of a number in its JSON, such as results.ifeval.acc.'),
    min: z.number().nullable().default(null).describe('The least value that passes.'),
    drop: z.number().min(0).nullable().default(null).describe("How far below the opponent's it may lie."),
  })
  .refine(({ min, drop }) => (min === null) !== (drop === null), 'needs either min or drop');

function rolloutProblems(
  { algorithm, batch, minibatch, generations, reference: heldTo }: z.output<typeof ppo>,
  world: number,
) {
  const problem = (key: string, message: string) => [{ path: ['ppo', key], message }];
  if (algorithm === 'ppo')
    return world === 1 ? [] : [{ path: ['training', 'stages', 'ppo'], message: 'PPO trains in one process' }];
  if (heldTo !== 'init') return problem('reference', 'rloo holds the policy to the model that it starts from: init');
  if (batch % (minibatch * world) !== 0)
    return problem('batch', `${batch} must be a multiple of minibatch x processes x nodes (${minibatch * world})`);
  return batch % generations === 0
    ? []
    : problem('batch', `${batch} must be a multiple of generations (${generations})`);
}

/** Batches that do not divide into the processes that train them. */
function launchProblems(config: {
  target: unknown;
  stages: readonly ('sft' | 'dpo' | 'ppo')[];
  training: z.output<typeof training>;
  sft: z.output<typeof sft>;
  dpo: z.output<typeof dpo>;
  ppo: z.output<typeof ppo>;
}): { path: PropertyKey[]; message: string }[] {
  if (config.target === null) return [];
  const kinds = config.stages.flatMap((stage) => (stage === 'ppo' ? (['reward', 'ppo'] as const) : [stage]));
  return kinds.flatMap((kind) => {
    const { world } = launchOf(config.training, kind);
    if (kind === 'ppo') return rolloutProblems(config.ppo, world);
    const { settings, path } =
      kind === 'reward'
        ? { settings: config.ppo.rewardModel, path: ['ppo', 'rewardModel', 'batch'] }
        : { settings: config[kind], path: [kind, 'batch'] };
    const share = (settings.microBatch ?? 1) * world;
    return settings.batch % share === 0
      ? []
      : [{ path, message: `${settings.batch} must be a multiple of microBatch x processes x nodes (${share})` }];
  });
}

/** Ways of serving that do not fit what is trained. */
function servingProblems(config: {
  target: z.output<typeof target> | null;
  stages: readonly ('sft' | 'dpo' | 'ppo')[];
  sft: z.output<typeof sft>;
  dpo: z.output<typeof dpo>;
  ppo: z.output<typeof ppo>;
}): { path: PropertyKey[]; message: string }[] {
  if (config.target === null) return [];
  const { adapters, serve } = config.target;
  const problems: { path: PropertyKey[]; message: string }[] = [];
  if (adapters === 'continued') {
    const without = config.stages.find((stage) => config[stage].lora === null);
    const shapes = new Set(config.stages.map((stage) => JSON.stringify(config[stage].lora)));
    if (without !== undefined)
      problems.push({ path: [without, 'lora'], message: 'is needed in every stage for target.adapters: continued' });
    else if (shapes.size > 1)
      problems.push({
        path: ['target', 'adapters'],
        message: 'continued is one adapter through all stages: give each stage the same lora',
      });
  }
  if (serve.kind === 'vllm') {
    if (serve.urls.length > 0 === (serve.start !== null))
      problems.push({
        path: ['target', 'serve'],
        message: 'vllm takes urls (adapters into servers that run) or start (a server for each checkpoint)',
      });
    else if (serve.urls.length > 0 && adapters !== 'continued')
      problems.push({
        path: ['target', 'serve', 'urls'],
        message:
          'an adapter that was merged after its stage fits no running base: set target.adapters: continued with lora in each stage, or use start',
      });
  }
  return problems;
}

export const configSchema = z
  .strictObject({
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
    evaluation: z
      .strictObject({
        judge: judge
          .nullable()
          .default(null)
          .describe('Rates and gates; null: the data judge, and every table says so.'),
        testSet: promptSource.nullable().default(null).describe('Files of its own; null: drawn from the pool.'),
        size: count
          .nullable()
          .default(null)
          .describe('Prompts of the test set; null: 500, or where there is no target all that there are.'),
        matchmaking: z
          .enum(['full', 'adaptive'])
          .default('full')
          .describe('full: every pair on every prompt (the paper); adaptive: a pair whose order is sure rests.'),
        adaptive: z
          .strictObject({
            looks: count
              .default(ADAPTIVE_DEFAULTS.looks)
              .describe('How often the order of pairs is looked at, at most.'),
            minimum: z.int().min(2).default(ADAPTIVE_DEFAULTS.minimum).describe('Prompts that every pair plays.'),
            restShare: unit
              .default(ADAPTIVE_DEFAULTS.restShare)
              .describe('Share of the prompts that a settled pair still plays; they count so much more.'),
            error: z
              .number()
              .gt(0)
              .lt(1)
              .default(ADAPTIVE_DEFAULTS.error)
              .describe('Chance that an arena settles any pair wrongly.'),
            budget: z.int().min(0).nullable().default(null).describe('Battles at most; null: no limit.'),
          })
          .prefault({}),
        after: z.enum(['round', 'stage']).default('round'),
        keep: z.enum(['round-ends']).default('round-ends'),
        dataJudge: z.boolean().default(false).describe('Also rate by the data judge, side by side.'),
        bootstrapRounds: z.int().min(100).default(1000),
        commands: z
          .array(benchmark)
          .default([])
          .describe('Your own benchmarks of each candidate; their numbers stand beside the ratings.'),
      })
      .prefault({}),
    arena: z
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
        maxFailedShare: unit
          .default(0.05)
          .describe('Share of failed battles above which an arena stops for a decision.'),
        maxInvalidShare: unit.default(0.25),
      })
      .prefault({}),
    prompts: z.strictObject({
      source: promptSource,
      slices: count.nullable().default(null).describe('Null: rounds x stages.'),
      sliceSize: count.nullable().default(null).describe('Prompts in a slice; null: the pool in equal parts.'),
      gateReserve: z
        .int()
        .min(0)
        .nullable()
        .default(null)
        .describe('Prompts kept for the gates; null: as many as they need.'),
      clusters: count
        .nullable()
        .default(null)
        .describe(
          'Test set, gates and slices each get their share of so many groups of prompts (K-means over `embedding`); null: at random.',
        ),
      embedding: z
        .union([
          z.strictObject({
            url: z.string().regex(/^https?:\/\/\S+$/, 'must be an http(s) address such as http://gpu1:8000/v1'),
            model: z.string().min(1),
            revision: z.string().nullable().default(null),
            key: secret,
          }),
          z.strictObject({ onnx: z.string().min(1).describe('Folder of a sentence model with onnx/model.onnx.') }),
        ])
        .nullable()
        .default(null)
        .describe(
          'Who embeds prompts: an endpoint with /embeddings, a local model; null: words, built in (lexical-v1).',
        ),
      decontaminate: z
        .array(z.string().min(1))
        .nullable()
        .default(null)
        .describe(
          "Benchmarks (files, patterns, pool:NAME): prompts too near to them or to the run's test set are left out; []: the test set alone; null: not looked for.",
        ),
      contamination: z
        .strictObject({
          nearest: count
            .nullable()
            .default(null)
            .describe('So many prompts nearest to each test go; null: 5 (the paper) with an `embedding`.'),
          similarity: z
            .number()
            .gt(0)
            .max(1)
            .nullable()
            .default(null)
            .describe('Prompts of at least this cosine similarity to a test go; null: 0.9 without an `embedding`.'),
          ngram: z
            .int()
            .min(0)
            .default(CONTAMINATION_DEFAULTS.ngram)
            .describe('Prompts that share so many words in a row with a test go; 0: they stay.'),
          maxShare: unit
            .default(CONTAMINATION_DEFAULTS.maxShare)
            .describe('Share of the prompts above which `nearest` stops the run instead.'),
        })
        .prefault({})
        .describe('How near is too near, for `decontaminate`.'),
    }),
    sft: sft.prefault({}),
    dpo: dpo.prefault({}),
    ppo: ppo.prefault({}),
    selection: z
      .strictObject({
        margin: z.enum(['group', 'battle']).default('group'),
        skipTruncated: z.boolean().default(true).describe('An answer cut by length is never chosen.'),
        skipRefusals: z.boolean().default(true).describe('An answer that declines to answer is never chosen.'),
        skipMakers: z
          .boolean()
          .default(true)
          .describe('An answer that says which model it is, or who made it, is never chosen.'),
        lengthGuard: z
          .enum(['off', 'residual', 'ratio'])
          .default('off')
          .describe(
            'off (the paper); residual: the margin must suffice without what length alone brings; ratio: see lengthRatio.',
          ),
        lengthRatio: z
          .number()
          .gt(1)
          .default(2)
          .describe('With lengthGuard ratio: tokens of the chosen answer at most, as a multiple of the rejected one.'),
        method: z
          .enum(['battles', 'random', 'longest', 'diverse', 'whole'])
          .default('battles')
          .describe("SFT rows: by battles, or by a baseline of the paper's ablation."),
        baselineRows: count.nullable().default(null).describe('Rows of a baseline; null: as many as battles give.'),
        maxPerCluster: count
          .nullable()
          .default(null)
          .describe('Rows of one cluster of prompts at most, those with the largest gaps.'),
      })
      .prefault({}),
    training,
    gate: z
      .strictObject({
        prompts: z.int().min(2).default(300),
        rule: z.enum(['not-worse', 'better', 'ask']).default('not-worse'),
        margin: z.number().min(0).max(0.5).default(0),
        confidence: z.number().gt(0.5).lt(1).default(0.95),
        onReject: z
          .enum(['keep', 'ask'])
          .default('keep')
          .describe('keep: the opponent goes on; ask: the run waits for decide promote or keep.'),
        floors: z
          .array(floor)
          .default([])
          .describe('Metrics of evaluation.commands under which a candidate is kept out.'),
      })
      .prefault({}),
    heartbeat: z
      .strictObject({ batchSeconds: z.number().gt(0).default(10), trainingSeconds: z.number().gt(0).default(60) })
      .prefault({})
      .describe('After so long without a sign of life Temporal gives the work to another worker.'),
    budget: z.strictObject({ usd: z.number().gt(0).nullable().default(null) }).prefault({}),
    anchor: z
      .strictObject({ model: z.string().min(1), rating: z.number() })
      .nullable()
      .default(null)
      .describe('Null: the mean of the initial competitors is 1000.'),
    pauseAfter: z.enum(['stage', 'round']).nullable().default(null),
  })
  .superRefine((config, context) => {
    const { nearest, similarity } = config.prompts.contamination;
    if (nearest !== null && similarity !== null)
      context.addIssue({
        code: 'custom',
        path: ['prompts', 'contamination'],
        message: 'nearest and similarity are two rules; give one of them',
      });
    if (new Set(config.stages).size < config.stages.length)
      context.addIssue({
        code: 'custom',
        path: ['stages'],
        message: 'a stage stands twice; each of sft, dpo, ppo comes once in a round at most',
      });
    const seen = new Set<string>();
    for (const [index, { id }] of config.competitors.entries()) {
      if (seen.has(id))
        context.addIssue({
          code: 'custom',
          path: ['competitors', index, 'id'],
          message: `"${id}" names two competitors; give each an id of its own`,
        });
      seen.add(id);
    }
    for (const [index, { command }] of config.gate.floors.entries())
      if (!config.evaluation.commands.some(({ id }) => id === command))
        context.addIssue({
          code: 'custom',
          path: ['gate', 'floors', index, 'command'],
          message: `there is no ${command} among evaluation.commands`,
        });
    const fromTheStart = config.competitors.filter((player) => player.joins === 0).length;
    if (fromTheStart === 0)
      context.addIssue({
        code: 'custom',
        path: ['competitors'],
        message: 'at least one competitor must be there from round 0 (joins: 0): it holds the scale',
      });
    else if (config.target === null && fromTheStart === 1)
      context.addIssue({
        code: 'custom',
        path: ['competitors'],
        message: 'one alone has nobody to play against; name a second competitor with joins: 0, or a target',
      });
    for (const { path, message } of [...launchProblems(config), ...servingProblems(config)])
      context.addIssue({ code: 'custom', path, message });
    if (config.anchor && !config.competitors.some((player) => player.id === config.anchor?.model && player.joins === 0))
      context.addIssue({
        code: 'custom',
        path: ['anchor', 'model'],
        message: 'must be the id of a competitor that is there from round 0',
      });
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
export type StageName = Config['stages'][number];

/** JSON Schema of the configuration file, for editors and documents. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
}
