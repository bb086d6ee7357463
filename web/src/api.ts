import { keepPreviousData, QueryCache, QueryClient, useQuery } from '@tanstack/react-query';
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

/** What nobody expected may pass, like a server's trouble. */
const statusOf = (error: unknown) => (error instanceof ApiError ? error.status : 500);

const SESSION = ['session'];

/** What was read. An answer that asks to sign in says that the session has ended: the form comes in the page's place. */
export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      if (statusOf(error) === 401 && queryKey[0] !== SESSION[0]) void queries.invalidateQueries({ queryKey: SESSION });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What an address or a filter got wrong stays wrong; a server that starts again answers soon.
      retry: (count, error) => count < 3 && statusOf(error) >= 500,
      refetchOnWindowFocus: true,
    },
  },
});

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

const getSession = async () => answerOf<Session>(await fetched(apiPath('/session')));
const keepSession = (session: Session) => queries.setQueryData<Session>(SESSION, session);

/** Who is signed in; read again when an answer says otherwise. */
export const useSession = () => useQuery({ queryKey: SESSION, queryFn: getSession, staleTime: 60_000 });

/** Sends a change, with the token that only our own pages know. */
export async function send<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const session = await getSession();
  keepSession(session);
  const text = typeof body === 'string';
  return answerOf<T>(
    await fetched(apiPath(path), {
      method,
      headers: { 'content-type': text ? 'text/plain' : 'application/json', 'x-csrf-token': session.csrf ?? '' },
      body: text ? body : JSON.stringify(body ?? {}),
    }),
  );
}

/** Signing in is the one change of somebody who has no token against forgery yet. */
export async function signIn(token: string): Promise<void> {
  const session = await answerOf<Session>(
    await fetched(apiPath('/session'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    }),
  );
  keepSession(session);
}

/** Signs out and leaves the page: nothing of what it has read stays in it. */
export async function signOut(): Promise<void> {
  await send('DELETE', '/session');
  // A browser may keep the page as it is, to show it again on the way back.
  window.addEventListener('pageshow', () => window.location.reload());
  window.location.assign('/');
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
