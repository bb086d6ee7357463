import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { UserError } from '../errors';
import type { Attempt, ChatClient, ChatReply, ChatRequest } from './chat';
import { keepErrorBody, toCallError } from './classify';
import { CallError, type Place, shownUrl, type Usage } from './errors';
import { thinFetch } from './http';
import { Limiter } from './limiter';
import { parseReply, sameModel } from './reply';

/** How an OpenAI-compatible endpoint is reached. Nothing here belongs to a player's identity. */
export interface Endpoint {
  /** Base address, as far as before `/chat/completions`; it usually ends in /v1. */
  url: string;
  /** The key itself, read from the environment by the caller; null sends no Authorization header. */
  key: string | null;
  /** Calls in flight at most. */
  concurrency: number;
  /** Milliseconds at most for one attempt, from the request's first byte to the reply's last. */
  timeoutMs: number;
  /** Repeats at most after the first attempt. */
  retries: number;
  /** USD per million tokens. */
  price: { input: number; output: number };
  /** The name under which the endpoint takes the limit of tokens; newer OpenAI models refuse `max_tokens`. */
  dialect?: 'max_tokens' | 'max_completion_tokens';
  /** The model's name in its replies, where that is another than the one asked for: a deployment, an alias. */
  repliesAs?: string | null;
}

/** What tests replace. */
export interface ClientDeps {
  fetch?: typeof thinFetch;
  /** Waits so many milliseconds; rejects when the signal aborts. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  random?: () => number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

type ChatOptions = NonNullable<Parameters<ChatClient['chat']>[1]>;

const firstWaitMs = 500;
const longestBackOffMs = 30_000;

/**
 * A client of one endpoint. All calls of a worker to an endpoint share one client, because it holds the limit.
 * An error that may pass is retried after `Retry-After`, or else after an exponential back-off with full jitter; the
 * slot is free for others during the wait.
 */
export function createChatClient(endpoint: Endpoint, deps: ClientDeps = {}): ChatClient {
  const { sleep = defaultSleep, random = Math.random, now = Date.now } = deps;
  const openai = openaiFor(endpoint, deps.fetch ?? thinFetch);
  const limiter = new Limiter(endpoint.concurrency);

  async function attempt(request: ChatRequest, place: Place, options: ChatOptions): Promise<ChatReply> {
    const started = performance.now();
    const report = (usage: Usage, error: Attempt['error']) =>
      options.onAttempt?.({
        promptTokens: usage.promptTokens,
        completionTokens: usage.completionTokens,
        usd: (usage.promptTokens * endpoint.price.input + usage.completionTokens * endpoint.price.output) / 1e6,
        milliseconds: Math.round(performance.now() - started),
        error,
      });
    const reply = await ask(openai, body(request, endpoint.dialect), place, endpoint.timeoutMs, options.signal)
      .then((text) => ofModel(endpoint.repliesAs ?? request.model, parseReply(text, request, place, now()), place))
      .catch((error: unknown) => toCallError(error, place, now()));
    if (CallError.isInstance(reply)) {
      report(reply.usage, reply.kind);
      throw reply;
    }
    report(reply, null);
    return reply;
  }

  return {
    async chat(request, options = {}) {
      const place = { url: endpoint.url, model: request.model, key: endpoint.key };
      const { signal } = options;
      // Many calls wait on one activity's signal; that is no leak.
      if (signal) setMaxListeners(Infinity, signal);
      for (let failures = 0; ; failures += 1) {
        options.admit?.();
        const release = await limiter.acquire(signal).catch(() => {
          throw new CallError('cancelled', '', place);
        });
        let error: CallError;
        try {
          options.admit?.();
          return await attempt(request, place, options);
        } catch (thrown) {
          if (!CallError.isInstance(thrown) || !thrown.retryable || failures >= endpoint.retries) throw thrown;
          error = thrown;
        } finally {
          release();
        }
        await sleep(pauseAfter(error, failures, random), signal).catch(() => {
          throw new CallError('cancelled', '', place);
        });
      }
    },
  };
}

/** What another model says is no answer of this one, however well it reads. @throws CallError `bad-reply`. */
function ofModel(model: string, reply: ChatReply, place: Place): ChatReply {
  if (reply.model == null || sameModel(model, reply.model)) return reply;
  const other = reply.model.slice(0, 100);
  throw new CallError(
    'bad-reply',
    `it is of ${other}, not of ${model}; where that is right, set repliesAs: ${other}`,
    place,
    {
      usage: reply,
    },
  );
}

/**
 * Milliseconds to wait after an error. What the server asks for is a least wait: up to a tenth is added, so that the
 * calls that were refused together do not come back together.
 */
function pauseAfter(error: CallError, failures: number, random: () => number): number {
  if (error.retryAfterMs !== null) return error.retryAfterMs * (1 + random() / 10);
  return random() * Math.min(longestBackOffMs, firstWaitMs * 2 ** failures);
}

function body(
  request: ChatRequest,
  dialect: Endpoint['dialect'] = 'max_tokens',
): ChatCompletionCreateParamsNonStreaming {
  const { temperature, topP, maxTokens, stop } = request.sampling;
  return {
    model: request.model,
    messages: request.messages,
    temperature,
    top_p: topP,
    [dialect]: maxTokens,
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(request.schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { ...request.schema, strict: true } } }),
  };
}

/**
 * Sends one request and returns the body of its reply. The package gets a signal of its own for each attempt, because
 * it never takes its listener off the one it is given; the time-out uses the same signal, and so covers the body.
 * @throws CallError `timeout`, or what the package throws.
 */
async function ask(
  openai: OpenAI,
  params: ChatCompletionCreateParamsNonStreaming,
  place: Place,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string> {
  const own = new AbortController();
  const abort = () => own.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, timeoutMs);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await openai.chat.completions.create(params, { signal: own.signal }).asResponse();
    return await response.text();
  } catch (error) {
    throw late ? new CallError('timeout', `after ${timeoutMs / 1000} s`, place) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function openaiFor(endpoint: Endpoint, fetch: typeof thinFetch): OpenAI {
  if (!URL.canParse(endpoint.url) || !/^https?:$/.test(new URL(endpoint.url).protocol))
    throw new UserError(
      `The address of an endpoint must look like http://host:8000/v1, not ${shownUrl(endpoint.url)}.`,
    );
  return new OpenAI({
    baseURL: endpoint.url,
    apiKey: endpoint.key ?? 'none',
    // Whatever OPENAI_* variables the environment has belongs to something else.
    organization: null,
    project: null,
    logLevel: 'off',
    defaultHeaders: endpoint.key === null ? { Authorization: null } : {},
    maxRetries: 0,
    // Never reached: each attempt has a time-out of its own.
    timeout: Math.ceil(endpoint.timeoutMs) + 60_000,
    fetch: async (url, init) => keepErrorBody(await fetch(url, init)),
  });
}

async function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
}
