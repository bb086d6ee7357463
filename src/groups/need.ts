import type { OnLease } from '../store/group-leases';

/** Something that is up. */
export interface Up {
  /** Ends it, and settles when it is gone. */
  down(): Promise<void>;
  /** Settles when it has ended, asked or not; never where nobody can see that. */
  ended: Promise<unknown>;
  /** Whether it still answers. */
  isWell(): Promise<boolean>;
}

/** The end of what nobody sees end. */
export const NOBODY_SEES = new Promise<never>(() => undefined);

/** What is up by another's doing, and is only made to end here. */
export const unseen = (down: () => Promise<void>): Up => ({
  ...{ down, ended: NOBODY_SEES },
  isWell: () => Promise.resolve(true),
});

/** What takes units of a group while it runs. */
export interface Need {
  /** The same thing has the same id, whoever needs it. */
  id: string;
  /** For messages and logs: `competitor strong`. */
  label: string;
  group: string;
  units: number;
  /** Units that the group has. */
  total: number;
  /** Brings it up. @param calledOff nobody waits for it any more. */
  up(calledOff: AbortSignal): Promise<Up>;
  /** Whether it is at work though nobody here uses it: a trainer that goes on without its worker. */
  isBusy(): Promise<boolean>;
  /** What whoever comes after a kill must know. */
  onLease: OnLease;
}
