import { ApplicationFailure, Context } from '@temporalio/activity';
import { InputError } from '../src/arena/input-error';
import { messageOf, UserError } from '../src/errors';
import type { Config } from '../src/config/schema';
import { contentId } from '../src/identity';
import { BudgetReached } from '../src/store/purse';
import { loadRun, type Run } from '../src/store/runs';
import { BUDGET_REACHED } from '../workflows/types';
import type { Deps } from './deps';

/** A failure that trying again does not mend: the run stops there and tells the operator. */
export function finalFailure(type: string, error: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(messageOf(error), type);
}

/** Sent on a timer: an activity that waits makes no progress to tell. */
export const HEARTBEAT_MS = 2000;

/**
 * Runs an activity's body; what the user must mend fails at once instead of being retried. It heartbeats for as long as
 * it runs, so that another worker takes it over seconds after this one was killed.
 */
export function asActivity<T>(body: () => Promise<T>): Promise<T> {
  return asBeatingActivity(async () => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
    try {
      return await body();
    } finally {
      clearInterval(timer);
    }
  });
}

/** As `asActivity`, for a body that sends heartbeats itself because it has something to tell with them. */
export async function asBeatingActivity<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw failureOf(error);
  }
}

/** File system errors that stay until somebody makes room. */
const DISK_FULL = ['ENOSPC', 'EDQUOT'];

function failureOf(error: unknown): unknown {
  if (UserError.isInstance(error) || InputError.isInstance(error)) return finalFailure('UserError', error);
  if (BudgetReached.isInstance(error)) return ApplicationFailure.nonRetryable(error.message, BUDGET_REACHED, error.usd);
  if (DISK_FULL.includes((error as NodeJS.ErrnoException | null)?.code ?? ''))
    return finalFailure('DiskFull', new Error(`${messageOf(error)}. Make room on that disk, then send decide retry.`));
  return error;
}

/** The stored run of an activity; it exists because `resolveConfig` came first. */
export async function runOf(
  { store }: Pick<Deps, 'store'>,
  id: string,
): Promise<Run & { config: Config; split: string }> {
  const run = await loadRun(store.pool, id);
  if (!run?.split)
    throw finalFailure('UnknownRun', new Error(`The run ${id} is not in this database; start its workflow again.`));
  return { ...run, split: run.split };
}

/** A run's folder under the artifacts root: its id, made safe for a path; a hash tells changed ids apart. */
export function runFolder(run: string): string {
  const safe = run
    .replace(/[^\w.-]+/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
  return safe === run ? run : `${safe}-${contentId(run).slice(0, 8)}`;
}
