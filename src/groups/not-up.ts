import { messageOf, UserError } from '../errors';

const marker = Symbol.for('arena-flywheel.not-up');

/** Something that is needed could not be brought up: every call to it would meet the same. */
export class NotUp extends UserError {
  readonly [marker] = true;

  constructor(cause: unknown) {
    super(messageOf(cause));
  }

  static override isInstance(error: unknown): error is NotUp {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
