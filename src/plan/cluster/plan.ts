import type { Config } from '../../config/schema';
import { sum } from '../forecast';
import type { Gpu } from './gpu';
import { nodesFor, stateBytes, workingBytes, type TrainedStage } from './memory';
import { SHAPES, type Shape, type TargetName } from './shapes';
import { replicaGpus, servingGpuSeconds, trainingSeconds, type Calls } from './time';
import { ANSWER, askedIn, EXPLANATION, judgePrompt, PROMPT, rollouts, trainedTokens } from './volume';

/** A target with its configuration, and by which shape each of its served players and judges is reckoned; who is missing is bought. */
export interface Case {
  target: TargetName;
  config: Config;
  served: Record<string, TargetName>;
}

export interface StagePlan {
  stage: TrainedStage;
  /** Bytes of state over all GPUs, and what each GPU needs besides. */
  stateBytes: number;
  workingBytes: number;
  nodes: number;
  /** By round. */
  hours: number[];
  gpuHours: number;
  usd: number;
}

export interface BattlesPlan {
  /** By round. */
  battles: number[];
  gpuHours: number[];
  /** Paid for calls to endpoints of others, by round. */
  bought: number[];
  usd: number;
}

export interface ClusterPlan {
  stages: StagePlan[];
  battles: BattlesPlan;
  /** GPUs of one replica of the target. */
  replicaGpus: number;
}

const STAGES: readonly TrainedStage[] = ['sft', 'dpo', 'reward', 'ppo'];
const CONTEXT = PROMPT + ANSWER;

/** Nodes, memory, hours and dollars of a run on a cluster, by the formulas of memory.ts and time.ts. */
export function clusterPlan({ target, config, served }: Case, gpu: Gpu): ClusterPlan {
  const shape: Shape = SHAPES[target];
  return {
    stages: STAGES.map((stage) => stagePlan(shape, stage, config, gpu)),
    battles: battlesPlan(shape, { config, served }, gpu),
    replicaGpus: replicaGpus(shape, { promptTokens: judgePrompt(config.judge), completionTokens: ANSWER }, gpu),
  };
}

function stagePlan(shape: Shape, stage: TrainedStage, config: Config, gpu: Gpu): StagePlan {
  // Memory must do for the longest row that the configuration allows; time is of rows as they are.
  const { tokens: longest, batch } = rowsOf(config, stage);
  const nodes = nodesFor(shape, stage, { tokens: longest, batch }, gpu);
  const gpus = nodes * gpu.perNode;
  const { ppoEpochs } = config.ppo;
  const hours = rounds(config).map((round) => {
    const tokens = trainedTokens(config, stage, round);
    const training = trainingSeconds(shape, stage, { tokens, context: CONTEXT, ppoEpochs }, gpus, gpu);
    const written: Calls = { calls: rollouts(config, round), promptTokens: PROMPT, completionTokens: ANSWER };
    const writing = stage === 'ppo' ? servingGpuSeconds(shape, written, gpu) / gpus : 0;
    return (training + writing) / 3600;
  });
  const gpuHours = sum(hours) * gpus;
  return {
    ...{ stage, stateBytes: stateBytes(shape, stage), workingBytes: workingBytes(shape, stage, longest), nodes, hours },
    ...{ gpuHours, usd: gpuHours * gpu.price },
  };
}

/** The longest row that a stage takes, and the rows of a batch. */
function rowsOf({ sft, dpo, ppo }: Config, stage: TrainedStage): { tokens: number; batch: number } {
  if (stage === 'ppo') return { tokens: ppo.maxPromptLength + ppo.maxNewTokens, batch: ppo.batch };
  const { maxLength, batch } = { sft, dpo, reward: ppo.rewardModel }[stage];
  return { tokens: maxLength, batch };
}

function battlesPlan(shape: Shape, { config, served }: Omit<Case, 'target'>, gpu: Gpu): BattlesPlan {
  const answer: Omit<Calls, 'calls'> = { promptTokens: PROMPT, completionTokens: ANSWER };
  const verdict = { promptTokens: judgePrompt(config.judge), completionTokens: EXPLANATION };
  const shapeOf = (who: string): Shape | null => (who === 'target' ? shape : served[who] ? SHAPES[served[who]] : null);
  const priceOf = (who: string) => config.competitors.find(({ id }) => id === who);
  const asked = askedIn(config);
  const costs = asked.map(({ answers, games }) => {
    let gpuSeconds = 0;
    let usd = 0;
    const enter = (who: string, calls: Calls, price: { input: number; output: number }) => {
      const own = shapeOf(who);
      if (own) gpuSeconds += servingGpuSeconds(own, calls, gpu);
      else usd += (calls.calls * (calls.promptTokens * price.input + calls.completionTokens * price.output)) / 1e6;
    };
    for (const [who, calls] of answers) {
      const player = priceOf(who);
      enter(who, { calls, ...answer }, player && 'price' in player ? player.price : { input: 0, output: 0 });
    }
    enter('judge', { calls: games.data, ...verdict }, config.judge.price);
    enter('evaluation judge', { calls: games.evaluation, ...verdict }, (config.evaluation.judge ?? config.judge).price);
    return { gpuHours: gpuSeconds / 3600, usd };
  });
  const gpuHours = costs.map((cost) => cost.gpuHours);
  const bought = costs.map((cost) => cost.usd);
  return {
    battles: asked.map(({ battles }) => battles),
    ...{ gpuHours, bought, usd: sum(gpuHours) * gpu.price + sum(bought) },
  };
}

const rounds = (config: Config): number[] => Array.from({ length: config.rounds }, (_, index) => index + 1);
