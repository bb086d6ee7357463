import { ApplicationFailure, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { InputError } from '../src/arena/input-error';
import { messageOf, UserError } from '../src/errors';
import type { Config } from '../src/config/schema';
import { contentId } from '../src/identity';
import { loadCheckpoint, loadDataset, type Checkpoint, type Dataset } from '../src/store/artifacts';
import { BudgetReached } from '../src/store/purse';
import { loadRun, type Run } from '../src/store/runs';
import { BUDGET_REACHED, FOR_USER, type ModelRef } from '../workflows/types';
import type { Deps } from './deps';

/** A failure that trying again does not mend: the run stops there and tells the operator. */
export function finalFailure(type: string, error: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(messageOf(error), type);
}

/** Sent on a timer: an activity that waits makes no progress to tell. */
const HEARTBEAT_MS = 2000;

/** What heartbeats tell of an activity; asked anew for each of them. */
export type Tell = (what: () => unknown) => void;

/**
 * Runs an activity's body; what the user must mend fails at once instead of being retried. It heartbeats for as long as
 * it runs, so that another worker takes it over seconds after this one was killed.
 * @param body is given `tell`, by which it says what its heartbeats hold
 */
export async function asActivity<T>(body: (tell: Tell) => Promise<T>): Promise<T> {
  const context = Context.current();
  let told: () => unknown = () => undefined;
  const beat = () => context.heartbeat(told());
  const timer = setInterval(beat, HEARTBEAT_MS);
  try {
    return await body((what) => {
      told = what;
      beat();
    });
  } catch (error) {
    throw failureOf(error);
  } finally {
    clearInterval(timer);
  }
}

/** File system errors that stay until somebody makes room. */
const DISK_FULL = ['ENOSPC', 'EDQUOT'];

function failureOf(error: unknown): unknown {
  if ((error as Error | null)?.name === 'AbortError' && Context.current().cancellationSignal.aborted)
    return new CancelledFailure('The activity was cancelled.');
  if (UserError.isInstance(error) || InputError.isInstance(error)) return finalFailure(FOR_USER, error);
  if (BudgetReached.isInstance(error)) return ApplicationFailure.nonRetryable(error.message, BUDGET_REACHED, error.usd);
  if (DISK_FULL.includes((error as NodeJS.ErrnoException | null)?.code ?? '')) return diskFull(`${messageOf(error)}.`);
  return error;
}

/** The failure of a write that found no room, with the cure. */
export function diskFull(sentence: string): ApplicationFailure {
  return finalFailure('DiskFull', new Error(`${sentence} Make room on that disk, then send decide retry.`));
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

/** The stored checkpoint that a workflow names. */
export async function checkpointOf({ store }: Pick<Deps, 'store'>, { checkpoint }: ModelRef): Promise<Checkpoint> {
  const found = await loadCheckpoint(store.pool, checkpoint);
  if (!found) throw finalFailure('UnknownCheckpoint', new Error(`The checkpoint ${checkpoint} is not stored.`));
  return found;
}

/** A stored dataset that a workflow names, with its file here. */
export async function datasetOf({ store, artifacts }: Pick<Deps, 'store' | 'artifacts'>, id: string): Promise<Dataset> {
  const found = await loadDataset(store.pool, id);
  if (!found) throw finalFailure('UnknownDataset', new Error(`The dataset ${id} is not stored.`));
  await artifacts.fetch(found.path, found.sha256);
  return found;
}

/** A run's folder under the artifacts root: its id, made safe for a path; a hash tells changed ids apart. */
export function runFolder(run: string): string {
  const safe = run
    .replace(/[^\w.-]+/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 80);
  return safe === run ? run : `${safe}-${contentId(run).slice(0, 8)}`;
}

/** What somebody waits for on this worker's resource groups: it takes minutes until a large model is up, and heartbeats say so. */
export function waitsFor({ groups }: Pick<Deps, 'groups'>): { waitsFor?: string[] } {
  const waiting = groups.waiting();
  return waiting.length === 0 ? {} : { waitsFor: waiting };
}
