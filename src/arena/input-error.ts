const MARK = Symbol.for('arena-flywheel.InputError');

/** Where a bad input stands. */
export interface InputPlace {
  file?: string;
  /** 1-based. */
  line?: number;
  field?: string;
}

/** Input that we refuse: one sentence with the place and the cure. Recognised across copies of the package by `isInstance`. */
export class InputError extends Error {
  readonly code = 'BAD_INPUT';
  readonly [MARK] = true;

  constructor(
    /** What is wrong and how to mend it, without the place. */
    readonly problem: string,
    readonly place: InputPlace = {},
  ) {
    const at = [place.file, place.line === undefined ? undefined : `line ${place.line}`, place.field].filter(
      (part) => part !== undefined,
    );
    super(at.length > 0 ? `${at.join(', ')}: ${problem}` : problem);
    this.name = 'InputError';
  }

  static isInstance(error: unknown): error is InputError {
    return typeof error === 'object' && error !== null && MARK in error;
  }
}
