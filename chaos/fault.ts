import type { Shape } from './config';
import type { Stand, StandOptions } from './stand';

/** One row of the table: a fault, given to a run that is under way with one worker. */
export interface Fault {
  /** As `--only` names it. */
  name: string;
  /** What must hold beside the audit, in words. */
  goal: string;
  shape?: Partial<Pick<Shape, 'rounds' | 'trainer' | 'serving'>>;
  /** What the run's first worker is, beside a worker of today's build. */
  stand?: StandOptions;
  /** Part of the short form. */
  short?: boolean;
  /** False where the fault itself costs calls that buy nothing: then they are not held against the row. */
  countsCalls?: boolean;
  /** False where the fault fails some items for good, so that the run ends otherwise than the undisturbed one; `check` then says what must hold. */
  isUndone?: boolean;
  /** What is wrong of the complete run beside that, in phrases. */
  check?: (stand: Stand) => Promise<string[]>;
  /** Why it cannot be given on this machine. */
  skip?: () => string | null;
  /** Gives the fault and makes up for it as an operator would; throws where something is not as it must be. */
  give: (stand: Stand, worker: Awaited<ReturnType<Stand['startWorker']>>) => Promise<void>;
}
