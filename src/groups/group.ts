import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors';
import type { GroupLease } from './lease';
import type { Need, Up } from './need';
import { NotUp } from './not-up';

/** Between two looks of who waits. */
const LOOK_MS = 200;
/** What was in use a moment ago will be again: between two batches nothing is asked. */
const LINGER_MS = 2000;
/** What could not be started is not tried again so soon: all that wait for it hear the same. */
const REST_MS = 10_000;

/** Something that runs, or comes up. */
interface Place {
  need: Need;
  up: Promise<Up>;
  /** Calls off what has not come up yet. */
  start: AbortController;
  users: number;
  idleSince: number;
}

export interface GroupOptions {
  lease: GroupLease;
  /** After so long without any use all is ended, and the group is free. */
  idleMs: number;
}

/**
 * What runs on one resource group. Who needs something waits until its units are free, and what nobody uses any more is
 * ended for it; what runs already is shared. A user holds one thing at a time, so that no two wait for each other.
 */
export function createGroup({ lease, idleMs }: GroupOptions) {
  const places = new Map<string, Place>();
  const failures = new Map<string, { error: NotUp; at: number }>();
  /** When there was no room for it: all that wait for it look as one, for a look asks the database. */
  const refusals = new Map<string, number>();
  const waiting = new Set<{ label: string }>();
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Does one thing after the other: who comes, and who goes. */
  function inTurn<T>(body: () => Promise<T>): Promise<T> {
    const done = turn.then(body);
    turn = done.catch(() => undefined);
    return done;
  }

  /** A seat at what runs, or null where there is no room yet. */
  async function trySeat(need: Need): Promise<Place | null> {
    if (closed) throw new Error('the worker is ending');
    const known = places.get(need.id);
    if (known) {
      known.users++;
      return known;
    }
    const failure = failures.get(need.id);
    if (failure && Date.now() - failure.at < REST_MS) throw failure.error;
    if (Date.now() - (refusals.get(need.id) ?? 0) < LOOK_MS / 2) return null;
    // It stands in the database before it runs: whoever comes after a kill knows what to end.
    const notes = () => lease.note([...places.values()].map((place) => place.need).concat(need));
    if (!(await lease.hold(need)) || !(await makeRoom(need)) || !(await notes())) {
      refusals.set(need.id, Date.now());
      return null;
    }
    refusals.delete(need.id);
    const start = new AbortController();
    const place: Place = { need, start, up: need.up(start.signal), users: 1, idleSince: 0 };
    places.set(need.id, place);
    place.up.then(
      ({ ended }) => void ended.then(() => forget(place)),
      (error: unknown) => {
        if (!start.signal.aborted) failures.set(need.id, { error: new NotUp(error), at: Date.now() });
        forget(place);
      },
    );
    return place;
  }

  function forget(place: Place): void {
    if (places.get(place.need.id) === place) places.delete(place.need.id);
  }

  /** Ends what rests, the longest first, until there is room; nothing where that would not do. */
  async function makeRoom({ units, total, label, group }: Need): Promise<boolean> {
    if (units > total) throw new UserError(`${label} needs ${units} units of ${group}, which has ${total}.`);
    let free = total - [...places.values()].reduce((sum, { need }) => sum + need.units, 0);
    const resting: Place[] = [];
    for (const place of places.values()) if (await rests(place, LINGER_MS)) resting.push(place);
    resting.sort((a, b) => a.idleSince - b.idleSince);
    if (free + resting.reduce((sum, { need }) => sum + need.units, 0) < units) return false;
    for (const place of resting) {
      if (free >= units) break;
      await end(place);
      free += place.need.units;
    }
    return true;
  }

  async function rests({ users, idleSince, need }: Place, ms: number): Promise<boolean> {
    return users === 0 && Date.now() - idleSince >= ms && !(await need.isBusy());
  }

  /** Where it cannot be ended it stays, and its units are not free. */
  async function end(place: Place): Promise<void> {
    place.start.abort();
    await (await place.up.catch(() => null))?.down();
    forget(place);
    // A stale note would have the next holder end it once more, and no worse.
    await lease.note([...places.values()].map(({ need }) => need)).catch(() => false);
  }

  async function endAll(some: readonly Place[] = [...places.values()]): Promise<void> {
    await Promise.all(some.map(end));
  }

  /** Ends what nobody has used for long, or for a moment where another worker waits; and everything where the lease is lost. */
  async function tend(): Promise<void> {
    const { held, wanted } = await lease.renew();
    if (!held) return endAll();
    const patience = wanted ? LINGER_MS : idleMs;
    const resting = await Promise.all([...places.values()].map((place) => rests(place, patience)));
    if (!resting.every(Boolean)) return;
    await endAll();
    await lease.release();
  }

  async function seat(need: Need, signal?: AbortSignal): Promise<Place> {
    for (;;) {
      signal?.throwIfAborted();
      const place = await inTurn(() => trySeat(need)).catch((error: unknown) =>
        UserError.isInstance(error) ? notUp(error) : Promise.reject(error as Error),
      );
      if (place) return place;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }

  const timer = setInterval(() => {
    if (lease.isHeld()) void inTurn(tend).catch(() => undefined);
  }, LINGER_MS);
  timer.unref();

  return {
    /** Runs `body` while what it needs is up. @throws NotUp; an AbortError where the signal comes first. */
    async using<T>(need: Need, body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      const waits = { label: need.label };
      waiting.add(waits);
      try {
        const place = await seat(need, signal);
        try {
          await unlessAborted(place.up, signal).catch(notUp);
          waiting.delete(waits);
          return await body();
        } finally {
          place.users--;
          place.idleSince = Date.now();
        }
      } finally {
        waiting.delete(waits);
      }
    },

    /** What somebody waits for now: its units, or that it comes up. */
    waiting: (): string[] => [...new Set([...waiting].map(({ label }) => label))],

    /** To be said where something that should run did not answer: it is looked at, and ended where it is not well. */
    doubt(id: string): Promise<void> {
      return inTurn(async () => {
        const place = places.get(id);
        const up = await place?.up.catch(() => null);
        if (place && up && !(await up.isWell())) await end(place);
      });
    },

    /** Ends everything but a trainer that goes on without us, whose lease stays for whoever comes next. */
    async close(): Promise<void> {
      clearInterval(timer);
      closed = true;
      await inTurn(async () => {
        const all = [...places.values()];
        const busy = await Promise.all(all.map(({ need }) => need.isBusy()));
        await endAll(all.filter((_, at) => !busy[at]));
        if (!busy.some(Boolean)) await lease.release();
      });
    },
  };
}

function notUp(error: unknown): never {
  throw (error as Error | null)?.name === 'AbortError' || NotUp.isInstance(error) ? error : new NotUp(error);
}

/** What takes minutes to come up is not waited for by those who are called off. */
async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  // The event of a signal that was aborted before is never heard.
  signal.throwIfAborted();
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => signal.throwIfAborted());
  aborted.catch(() => undefined);
  try {
    return (await Promise.race([promise, aborted])) as T;
  } finally {
    done.abort();
  }
}

export type Group = ReturnType<typeof createGroup>;
