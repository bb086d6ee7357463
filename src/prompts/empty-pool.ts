import { UserError } from '../errors';
import { shellWord } from '../shell-word';

/** That a pool has nothing to work on, and how it gets some. */
export const emptyPool = (pool: string): UserError =>
  new UserError(
    `The pool ${pool} has no prompts. Import some: npx flywheel prompts import FILE --pool ${shellWord(pool)}`,
  );
