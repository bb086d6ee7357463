import { launchOf } from '../launch';
import { groupProblems } from './group-problems';
import type { Settings } from './settings';

/** Settings that do not fit together: where, and what is wrong. */
export interface Problem {
  path: PropertyKey[];
  message: string;
}

/** What each setting alone does not show: settings that contradict each other, or name what is not there. */
export function problemsOf(config: Settings): Problem[] {
  return [
    ...contaminationProblems(config),
    ...stageProblems(config),
    ...idProblems(config),
    ...floorProblems(config),
    ...startProblems(config),
    ...launchProblems(config),
    ...servingProblems(config),
    ...anchorProblems(config),
    ...groupProblems(config),
  ];
}

function contaminationProblems({ prompts }: Settings): Problem[] {
  const { nearest, similarity } = prompts.contamination;
  return nearest === null || similarity === null
    ? []
    : [{ path: ['prompts', 'contamination'], message: 'nearest and similarity are two rules; give one of them' }];
}

function stageProblems({ stages }: Settings): Problem[] {
  return new Set(stages).size === stages.length
    ? []
    : [{ path: ['stages'], message: 'a stage stands twice; each of sft, dpo, ppo comes once in a round at most' }];
}

function idProblems({ competitors }: Settings): Problem[] {
  return competitors.flatMap(({ id }, index) =>
    competitors.findIndex((player) => player.id === id) === index
      ? []
      : [
          {
            path: ['competitors', index, 'id'],
            message: `"${id}" names two competitors; give each an id of its own`,
          },
        ],
  );
}

function floorProblems({ gate, evaluation }: Settings): Problem[] {
  return gate.floors.flatMap(({ command }, index) =>
    evaluation.commands.some(({ id }) => id === command)
      ? []
      : [
          {
            path: ['gate', 'floors', index, 'command'],
            message: `there is no ${command} among evaluation.commands`,
          },
        ],
  );
}

/** Who is there from the start holds the scale, and needs somebody to play against. */
function startProblems({ competitors, target }: Settings): Problem[] {
  const fromTheStart = competitors.filter(({ joins }) => joins === 0).length;
  const problem = (message: string) => [{ path: ['competitors'], message }];
  if (fromTheStart === 0)
    return problem('at least one competitor must be there from round 0 (joins: 0): it holds the scale');
  return target === null && fromTheStart === 1
    ? problem('one alone has nobody to play against; name a second competitor with joins: 0, or a target')
    : [];
}

/** Batches that do not divide into the processes that train them. */
function launchProblems(config: Settings): Problem[] {
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

function rolloutProblems(
  { algorithm, batch, minibatch, generations, reference: heldTo }: Settings['ppo'],
  world: number,
): Problem[] {
  const problem = (key: string, message: string) => [{ path: ['ppo', key], message }];
  if (algorithm === 'ppo')
    return minibatch % world === 0
      ? []
      : problem('minibatch', `${minibatch} must be a multiple of processes x nodes (${world})`);
  if (heldTo !== 'init') return problem('reference', 'rloo holds the policy to the model that it starts from: init');
  if (batch % (minibatch * world) !== 0)
    return problem('batch', `${batch} must be a multiple of minibatch x processes x nodes (${minibatch * world})`);
  return batch % generations === 0
    ? []
    : problem('batch', `${batch} must be a multiple of generations (${generations})`);
}

/** Ways of serving that do not fit what is trained. */
function servingProblems(config: Settings): Problem[] {
  if (config.target === null) return [];
  const { adapters, serve } = config.target;
  const problems: Problem[] = [];
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
    const { start } = serve;
    const missing = start && ['{path}', '{name}', '{port}'].filter((one) => !start.some((word) => word.includes(one)));
    if (missing && missing.length > 0)
      problems.push({
        path: ['target', 'serve', 'start'],
        message: `lacks ${missing.join(' and ')}: each checkpoint is served from its own folder, under its own name, at its own port`,
      });
  }
  return problems;
}

function anchorProblems({ anchor, competitors }: Settings): Problem[] {
  return anchor === null || competitors.some(({ id, joins }) => id === anchor.model && joins === 0)
    ? []
    : [{ path: ['anchor', 'model'], message: 'must be the id of a competitor that is there from round 0' }];
}
