import type { Job } from './job';

/** One start of a trainer in a job's folder. A name is never given to another start, so that a repeated submit finds the first. */
export interface Start {
  folder: string;
  job: Job;
  name: string;
  /** What `submit` returned; null until then, and after a worker that was killed in between. */
  handle: string | null;
  /** How long each log in the folder was before this start: what stands behind that is its own. */
  logs: Readonly<Record<string, number>>;
}

/** A model's folder, and the sha256 that stands for its files. */
export interface ModelFiles {
  path: string;
  sha256(): Promise<string>;
}

/** What a backend knows of a start. What the trainer itself did stands in the job's folder. */
export type StartState =
  /** It was never made, or the backend has forgotten it. */
  | { is: 'none' }
  /** Accepted, and not running yet. */
  | { is: 'waiting' }
  | { is: 'running' }
  /** `how` is for people: an exit code, a signal, what a scheduler says. */
  | { is: 'ended'; how: string };

/**
 * Where trainers run. The job folder carries everything else (src/training/run-job.ts): what is asked, progress, the
 * request to stop, the result. Whatever cannot be reached throws, and is asked again.
 */
export interface TrainingBackend {
  /** For messages: `this machine`, `Ray at http://ray:8265`. */
  readonly place: string;
  /** How often `state` may be asked. */
  readonly pollMs: number;
  /**
   * Whether training can begin there at all, before anything is spent; `sees` are paths that its trainers must see, `model`
   * what they must find the same files of.
   * @throws UserError with one sentence where it cannot.
   */
  check(sees: readonly string[], model?: ModelFiles): Promise<void>;
  /** Starts the trainer, unless this start was made already. Returns a handle of its own choice. */
  submit(start: Start): Promise<string>;
  state(start: Start): Promise<StartState>;
  /** Ends a trainer that has not followed the `stop` file, or is not running yet. May be called again. */
  stop(start: Start): Promise<void>;
  /** The end of what this start's trainer wrote. */
  log(start: Start): Promise<string>;
}
