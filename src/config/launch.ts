import type { TrainingConfig } from './schema';

export type TrainedKind = 'sft' | 'dpo' | 'reward' | 'ppo';

/** How one kind of job is launched: the general settings with those of its kind over them. */
export interface Launch {
  /** Processes on each node. */
  processes: number;
  nodes: number;
  /** Processes in all. */
  world: number;
  accelerate: string | null;
  gradientCheckpointing: boolean;
  /** Reserved on each node. */
  cpus: number;
  gpus: number;
  memoryGb: number | null;
}

/** The kind of a job whose launch settings hold for it: RLOO takes the place of PPO. */
export function launchedAs(kind: string): TrainedKind {
  return kind === 'rloo' ? 'ppo' : (kind as TrainedKind);
}

/** All four models of PPO stand on each of its GPUs, so that only its own settings give it more than one process. */
export function launchOf(training: TrainingConfig, kind: TrainedKind): Launch {
  const { nodes, accelerate, gradientCheckpointing } = training;
  const common = {
    processes: kind === 'ppo' ? null : training.processes,
    nodes: kind === 'ppo' ? 1 : nodes,
    accelerate: kind === 'ppo' ? null : accelerate,
    gradientCheckpointing,
    ...(training.kind === 'local'
      ? { cpus: 1, gpus: 0, memoryGb: null }
      : { cpus: training.cpus, gpus: training.gpus, memoryGb: training.memoryGb }),
  };
  const merged = { ...common, ...withoutUndefined(training.stages[kind] ?? {}) };
  const processes = merged.processes ?? (kind === 'ppo' ? 1 : Math.max(1, merged.gpus));
  return { ...merged, processes, world: processes * merged.nodes };
}

function withoutUndefined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
