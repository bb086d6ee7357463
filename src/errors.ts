const marker = Symbol.for('arena-flywheel.user-error');

/**
 * Something the user can mend: the message says what is wrong, where, and the cure, in one sentence or a short list.
 * Recognised by a marker, because Jest's realms and duplicate packages break `instanceof`.
 */
export class UserError extends Error {
  readonly [marker] = true;
  override readonly name = 'UserError';

  static isInstance(error: unknown): error is UserError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

/** The message of anything that was thrown; its code where it has none, as where all addresses of a name refuse. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  return String(error.message) || ('code' in error ? String(error.code) : '');
}
