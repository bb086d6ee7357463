import OpenAI, { APIConnectionError, APIError } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { thinFetch } from '../../src/models/http';
import type { Answer, OpenTransport } from '../../src/models/transport';

/**
 * The peer of our own transport: the `openai` package, over its own fetch (plain) or over undici's `request` (thin). It
 * keeps the same contract (test/unit/models/client.test.ts), so that the choice between them is one of speed alone.
 */
export const openaiTransport =
  (fetch?: typeof thinFetch): OpenTransport =>
  (url, key) => {
    const { search } = new URL(url);
    const openai = new OpenAI({
      baseURL: url.replace(/\?.*$/, ''),
      apiKey: key ?? 'none',
      organization: null,
      project: null,
      logLevel: 'off',
      defaultHeaders: key === null ? { Authorization: null } : {},
      defaultQuery: Object.fromEntries(new URLSearchParams(search)),
      maxRetries: 0,
      timeout: 3_600_000,
      fetch: async (address, init) => keepErrorBody(await (fetch ?? globalThis.fetch)(address, init)),
    });
    return (body) => {
      const own = new AbortController();
      let aborted: Error | null = null;
      const send = async (): Promise<Answer> => {
        const params = JSON.parse(body) as ChatCompletionCreateParamsNonStreaming;
        try {
          const response = await openai.chat.completions.create(params, { signal: own.signal }).asResponse();
          const text = await response.text();
          return { status: response.status, headers: Object.fromEntries(response.headers), text };
        } catch (error) {
          if (aborted) throw aborted;
          if (error instanceof APIError && typeof error.status === 'number')
            return { status: error.status, headers: Object.fromEntries(error.headers ?? []), text: rawBody(error) };
          throw error instanceof APIConnectionError && error.cause ? error.cause : error;
        }
      };
      return {
        answer: send(),
        abort(reason) {
          aborted ??= reason;
          own.abort();
        },
      };
    };
  };

/** The response of an error as the package keeps it whole: of other shapes than `{error: …}` it would throw the text away. */
async function keepErrorBody(response: Response): Promise<Response> {
  if (response.ok) return response;
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  headers.delete('content-encoding');
  return new Response(JSON.stringify({ error: { raw: await response.text() } }), { status: response.status, headers });
}

function rawBody(error: APIError): string {
  const body: unknown = error.error;
  return typeof body === 'object' && body !== null && 'raw' in body ? String(body.raw) : error.message;
}
