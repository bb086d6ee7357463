import { keepPreviousData, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Session } from '../../src/dashboard/schemas/session';

/** What the server answered instead of data: a sentence for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

export type Query = Readonly<Record<string, string | number | null | undefined>>;

/** An address of the API; what is empty is left out. */
export function apiPath(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return `/api/v1${path}${search ? `?${search}` : ''}`;
}

/** A run's part of the API, and of the pages, whose paths begin alike: its id is free text. */
export const runPath = (run: string, rest = '') => `/runs/${encodeURIComponent(run)}${rest}`;

async function answerOf<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const sentence = (body as { error?: unknown } | null)?.error;
  throw new ApiError(
    response.status,
    typeof sentence === 'string' ? sentence : `The server answered ${response.status}.`,
  );
}

async function fetched(address: string, options?: RequestInit): Promise<Response> {
  return fetch(address, options).catch((): never => {
    throw new ApiError(503, 'The dashboard does not answer. Is it still running? npx flywheel up');
  });
}

export const getSession = async () => answerOf<Session>(await fetched(apiPath('/session')));

/** Sends a change, with the token that only our own pages know. */
export async function send<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const { csrf } = await getSession();
  const text = typeof body === 'string';
  return answerOf<T>(
    await fetched(apiPath(path), {
      method,
      headers: { 'content-type': text ? 'text/plain' : 'application/json', 'x-csrf-token': csrf ?? '' },
      body: text ? body : JSON.stringify(body ?? {}),
    }),
  );
}

/** Signing in is the one change of somebody who has no token against forgery yet. */
export async function signIn(token: string): Promise<Session> {
  return answerOf<Session>(
    await fetched(apiPath('/session'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    }),
  );
}

/** A part that is still being computed is asked for again after so long. */
const PENDING_MS = 700;

function hasPending(value: unknown, depth = 4): boolean {
  if (typeof value !== 'object' || value === null || depth === 0) return false;
  if ((value as { state?: unknown }).state === 'pending') return true;
  if (Array.isArray(value)) return value.length < 50 && value.some((one) => hasPending(one, depth - 1));
  return Object.values(value).some((one) => hasPending(one, depth - 1));
}

/** Reads from the API. While other filters load, what was shown stays, so that nothing jumps. */
export function useApi<T>(path: string, query: Query = {}, options: { enabled?: boolean } = {}) {
  const address = apiPath(path, query);
  return useQuery<T>({
    queryKey: [path, address],
    queryFn: async ({ signal }) => answerOf<T>(await fetched(address, { signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (hasPending(state.data) ? PENDING_MS : false),
    ...options,
  });
}

/** What to read again when the server says that something has changed. */
function readAgain(queries: QueryClient, run: string | undefined, change: string): void {
  const again = (path: string) => void queries.invalidateQueries({ queryKey: [path] });
  if (change === 'runs') again('/runs');
  if (run === undefined) return;
  if (change === 'run')
    for (const rest of ['', '/leaderboard', '/datasets', '/battle-choices']) again(runPath(run, rest));
  if (change === 'events') again(runPath(run, '/events'));
  if (change === 'curves') again(runPath(run, '/curves'));
}

export type Live = 'connecting' | 'live' | 'lost';

/** Follows a run, or the list of runs, and reads again what has changed. */
export function useLive(run?: string): Live {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>('connecting');
  useEffect(() => {
    const source = new EventSource(apiPath('/live', { run }));
    source.addEventListener('hello', () => setLive('live'));
    for (const change of ['runs', 'run', 'events', 'curves'])
      source.addEventListener(change, () => readAgain(queries, run, change));
    // The browser connects again by itself.
    source.addEventListener('error', () => setLive('lost'));
    return () => source.close();
  }, [queries, run]);
  return live;
}
