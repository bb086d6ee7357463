import { messageOf, UserError } from '../errors';
import { InputError } from '../arena/input-error';
import type { Soon } from './schemas/common';

/** Answers that are computed once and kept. A page gets what is there after a moment, and asks again for the rest. */
export interface SoonStore {
  /**
   * @param key what is asked; the same key is computed once at a time
   * @param staleMs after which a kept answer is renewed while it is still given; absent: it never changes
   */
  get<T>(key: string, compute: () => Promise<T>, staleMs?: number): Promise<Soon<T>>;
  /** As `get`, but waits to the end. */
  whole<T>(key: string, compute: () => Promise<T>, staleMs?: number): Promise<T>;
  /** Drops what is kept, because something has changed it. */
  forget(key: string): void;
}

interface Entry {
  value: unknown;
  error: unknown;
  /** When the value came; 0: not yet. */
  at: number;
  running: Promise<void> | null;
}

/** A page shows a part as pending after so long. */
const MOMENT_MS = 120;
/** A stale value is given for so long while its renewal takes more than a moment. */
const OLD_MS = 20_000;
/** A failure is told for so long before it is tried again. */
const FAILURE_MS = 5000;
const MOST_ENTRIES = 300;

export function createSoonStore(): SoonStore {
  // The order of a Map is that of insertion: what was used longest ago stands first.
  const entries = new Map<string, Entry>();

  const entryOf = <T>(key: string, compute: () => Promise<T>, staleMs: number): Entry => {
    const entry = entries.get(key) ?? { value: undefined, error: undefined, at: 0, running: null };
    entries.delete(key);
    entries.set(key, entry);
    const oldest = entries.keys().next().value;
    if (entries.size > MOST_ENTRIES && oldest !== undefined) entries.delete(oldest);
    const age = Date.now() - entry.at;
    const isDue = entry.at === 0 || age > (entry.error === undefined ? staleMs : FAILURE_MS);
    if (isDue && entry.running === null)
      entry.running = compute().then(
        (value) => void Object.assign(entry, { value, error: undefined, at: Date.now(), running: null }),
        (error: unknown) => void Object.assign(entry, { error: error ?? 'failed', at: Date.now(), running: null }),
      );
    return entry;
  };

  return {
    async get<T>(key: string, compute: () => Promise<T>, staleMs = Infinity): Promise<Soon<T>> {
      const entry = entryOf(key, compute, staleMs);
      if (entry.running) await moment(entry.running);
      // Still being renewed: a value of a while ago will do, an old one would be taken for today's.
      if (entry.at === 0 || (entry.running && Date.now() - entry.at > staleMs + OLD_MS)) return { state: 'pending' };
      return entry.error === undefined
        ? { state: 'ready', value: entry.value as T }
        : { state: 'failed', sentence: sentenceOf(entry.error) };
    },
    async whole<T>(key: string, compute: () => Promise<T>, staleMs = Infinity): Promise<T> {
      const entry = entryOf(key, compute, staleMs);
      if (entry.running) await entry.running;
      if (entry.error !== undefined) throw entry.error;
      return entry.value as T;
    },
    forget: (key) => void entries.delete(key),
  };
}

async function moment(running: Promise<void> | null): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([running, new Promise((resolve) => (timer = setTimeout(resolve, MOMENT_MS)))]);
  clearTimeout(timer);
}

function sentenceOf(error: unknown): string {
  return UserError.isInstance(error) || InputError.isInstance(error)
    ? messageOf(error)
    : `This could not be read: ${messageOf(error)}`;
}
