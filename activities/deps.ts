import type { Artifacts } from '../src/artifacts/artifacts';
import type { Groups } from '../src/groups/groups';
import type { ModelPool } from '../src/models/pool';
import type { ServingBackends } from '../src/serving/backends';
import type { Store } from '../src/store/open';
import type { TrainingBackends } from '../src/training/backends';
import type { LocalTrainer } from '../src/training/local';

/** What activities need of their worker. */
export interface Deps {
  store: Store;
  models: ModelPool;
  serving: ServingBackends;
  training: TrainingBackends;
  /** What runs only while it is needed. */
  groups: Groups;
  /** Keeps the logs and the names of its processes. */
  groupFolder: string;
  /** The sha256 that stands for a model's folder. */
  hashOf: (folder: string) => Promise<string>;
  /** The Python of this machine, for what is quickly asked. */
  trainer: LocalTrainer;
  /** Datasets, jobs and checkpoints. */
  artifacts: Artifacts;
  defaults: Defaults | null;
}

/** The worker's default configuration, which `{}` runs, with the folder that its paths are relative to. */
export interface Defaults {
  folder: string;
  /** Called at the first need, and each time: what it prepares (the demo's model) may take minutes, and nobody may ask. */
  config(): Promise<unknown>;
}
