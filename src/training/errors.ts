const marker = Symbol.for('arena-flywheel.training-error');

/** Why a training job ended without a result; the kinds are the trainer's (`error.json`), and four of ours. */
export type TrainingErrorKind =
  | 'bad-data'
  | 'out-of-memory'
  | 'missing-checkpoint'
  | 'chat-template'
  | 'other'
  | 'crashed'
  | 'unreachable'
  | 'stopped'
  | 'left';

/** Kinds that come back however often the job is started; memory had its second chance within the job. */
const lasting: readonly TrainingErrorKind[] = ['bad-data', 'out-of-memory', 'missing-checkpoint', 'chat-template'];

export class TrainingError extends Error {
  readonly [marker] = true;
  override readonly name = 'TrainingError';
  readonly retryable: boolean;

  constructor(
    readonly kind: TrainingErrorKind,
    message: string,
  ) {
    super(message);
    this.retryable = !lasting.includes(kind);
  }

  static isInstance(error: unknown): error is TrainingError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
