import type { TrainingConfig } from '../config/schema';
import { contentId } from '../identity';
import type { TrainingBackend } from './backend';
import { commandBackend } from './command';
import { localBackend, type LocalTrainer } from './local';
import { sharePackage } from './package';
import { rayBackend } from './ray';

/** The training backend that a configuration asks for; one for each, because backends remember what they started. */
export interface TrainingBackends {
  of(training: TrainingConfig): Promise<TrainingBackend>;
}

export function createTraining(trainer: LocalTrainer & { artifacts: string }): TrainingBackends {
  const local = localBackend(trainer);
  const made = new Map<string, Promise<TrainingBackend>>();
  const make = async (training: Exclude<TrainingConfig, { kind: 'local' }>): Promise<TrainingBackend> => {
    const shared = await sharePackage(trainer.packageFolder, trainer.artifacts);
    return training.kind === 'ray' ? rayBackend(training, shared) : commandBackend(training, shared);
  };
  return {
    of(training) {
      if (training.kind === 'local') return Promise.resolve(local);
      const id = contentId(training);
      const known = made.get(id);
      if (known) return known;
      const fresh = make(training);
      made.set(id, fresh);
      fresh.catch(() => made.delete(id));
      return fresh;
    },
  };
}
