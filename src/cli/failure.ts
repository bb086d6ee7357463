const marker = Symbol.for('arena-flywheel.command-failure');

/** The command understood what was asked, and it did not work out: the sentence is shown, exit code 1. */
export class CommandFailure extends Error {
  readonly [marker] = true;
  override readonly name = 'CommandFailure';

  static isInstance(error: unknown): error is CommandFailure {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
