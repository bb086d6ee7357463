import { request } from 'undici';

export interface ApiRequest {
  method?: 'GET' | 'POST';
  /** Sent as a bearer token; null sends none. */
  key?: string | null;
  /** Sent as JSON. */
  body?: unknown;
  /** Milliseconds at most until the answer begins, and between two pieces of it. */
  limitMs: number;
}

/** An answer of a server's own API beside chat. */
export interface ApiAnswer {
  status: number;
  text: string;
}

/**
 * Asks a server's own API beside chat, such as for the models that it serves. Over undici's `request`: Ray refuses
 * Node's own `fetch` as a browser's (405).
 * @throws what broke the connection; every status is an answer.
 */
export async function askApi(
  url: string,
  { method = 'GET', key = null, body, limitMs }: ApiRequest,
): Promise<ApiAnswer> {
  const answer = await request(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}
