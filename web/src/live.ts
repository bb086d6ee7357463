import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { apiPath, runPath } from './api';

/** What the server tells; a page knows what each of it concerns. */
const CHANGES = ['runs', 'run', 'events', 'curves'] as const;
type Change = (typeof CHANGES)[number];

/** The parts of a run's API that change while it plays. */
const OF_RUN = ['', '/leaderboard', '/battles', '/battle', '/battle-choices', '/datasets', '/judges', '/compare'];

function pathsOf(run: string | undefined, change: Change): string[] {
  if (change === 'runs') return ['/runs'];
  if (run === undefined) return [];
  if (change === 'run') return OF_RUN.map((rest) => runPath(run, rest));
  return [runPath(run, `/${change}`)];
}

/** Reads again what is on the page. What is being read just now may have been read before the change: then once more. */
async function readAgain(queries: QueryClient, path: string): Promise<void> {
  const filter = { queryKey: [path] };
  const again = () => queries.invalidateQueries(filter, { cancelRefetch: false });
  const isBeingRead = queries.isFetching(filter) > 0;
  await again();
  if (isBeingRead) await again();
}

export type Live = 'connecting' | 'live' | 'lost';

/** A stream that was refused (a proxy whose server starts again, an ended session) is asked for again after so long. */
const AGAIN_MS = 3000;

/**
 * Follows a run, or the list of runs, and reads again what has changed. Only while the page is seen: a browser opens six connections to
 * a server, and a tab in the background would hold one of them.
 */
export function useLive(run?: string): Live {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>('connecting');
  useEffect(() => {
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** Whether something may have changed that nobody told us. */
    let behind = false;

    const read = (change: Change) => {
      for (const path of pathsOf(run, change)) void readAgain(queries, path);
    };
    const open = () => {
      const stream = new EventSource(apiPath('/live', { run }));
      source = stream;
      stream.addEventListener('hello', () => {
        setLive('live');
        if (behind) CHANGES.forEach(read);
        behind = false;
      });
      for (const change of CHANGES) stream.addEventListener(change, () => read(change));
      stream.addEventListener('error', () => {
        setLive('lost');
        behind = true;
        // The browser connects again by itself, unless it was answered and refused.
        if (stream.readyState !== EventSource.CLOSED) return;
        void queries.invalidateQueries({ queryKey: ['session'] });
        timer = setTimeout(open, AGAIN_MS);
      });
    };
    const close = () => {
      clearTimeout(timer);
      source?.close();
      source = null;
      behind = true;
    };
    const look = () => {
      if (document.hidden) close();
      else if (source === null) open();
    };

    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      close();
    };
  }, [queries, run]);
  return live;
}
