import { useSearchParams } from 'react-router';

interface SetOptions {
  /** As a step of its own in the browser's history. */
  push?: boolean;
  /** What stands beside the address in the history; nothing unless given. */
  state?: unknown;
}

/** The state of a page as its address holds it, so that an address tells the whole page. */
export function useUrlState(): {
  get: (name: string) => string;
  set: (changes: Record<string, string | null>, options?: SetOptions) => void;
} {
  const [params, setParams] = useSearchParams();
  return {
    get: (name) => params.get(name) ?? '',
    set: (changes, { push = false, state } = {}) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes))
            if (value === null || value === '') next.delete(name);
            else next.set(name, value);
          return next;
        },
        { replace: !push, preventScrollReset: true, state },
      ),
  };
}
