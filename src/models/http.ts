import { request } from 'undici';
import { agent } from './agent';

/** Statuses whose Response must not have a body (Fetch standard, "null body status"). */
const withoutBody = new Set([204, 205, 304]);

/**
 * `fetch` as far as the `openai` package needs it, over undici's `request`: 40% less CPU per call than the global one
 * (shared/notes/temporal-measured.md §3). Bodies are text, redirects are not followed, and the promise resolves when
 * the whole body is there, so that an abort or a time-out covers the body too.
 */
export async function thinFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  if (typeof url === 'object' && 'url' in url) throw new TypeError('thinFetch takes an address, not a Request');
  if (init.body !== undefined && init.body !== null && typeof init.body !== 'string')
    throw new TypeError('thinFetch sends text only');
  const answer = await request(url, {
    dispatcher: agent,
    // undici sends methods as they are written.
    method: (init.method ?? 'GET').toUpperCase() as 'GET' | 'POST',
    headers: Object.fromEntries(new Headers(init.headers)),
    body: init.body ?? null,
    signal: init.signal ?? null,
  });
  const text = await answer.body.text();
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  return new Response(withoutBody.has(answer.statusCode) ? null : text, { status: answer.statusCode, headers });
}
