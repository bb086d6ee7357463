import type { ChatOptions, ChatReply, ChatRequest } from './chat';
import { errorFromAnswer, toCallError } from './classify';
import type { Endpoint } from './endpoint';
import { CallError, type Place, type Usage } from './errors';
import type { Settled } from './limits/lane';
import type { Slot } from './limits/limiter';
import { outcomeOf } from './limits/outcome';
import { parseReply, sameModel } from './reply';
import type { Answer } from './transport';

/** A call on its way through its attempts. */
export interface Call {
  request: ChatRequest;
  /** The request's JSON. */
  body: string;
  /** Tokens of the request, about. */
  promptTokens: number;
  options: ChatOptions;
}

/** An attempt in flight. */
export interface Attempting {
  /** @throws CallError */
  reply: Promise<ChatReply>;
  /** Gives it up; what it may have cost stands in the ledger all the same. */
  cancel(): void;
}

/** What tests replace. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Sends a call in its slot, tells the ledger and the limits how that ended, and gives the slot back. */
export function startAttempt(
  endpoint: Endpoint,
  { request, body, promptTokens, options }: Call,
  slot: Slot,
  timeoutMs: number,
  clock: Clock,
): Attempting {
  const { signal, onAttempt } = options;
  const place: Place = { url: slot.lane.url, model: request.model, key: endpoint.key };
  const started = performance.now();
  const exchange = slot.lane.send(body);
  const cancel = () => exchange.abort(new CallError('cancelled', '', place, { usage: given }));
  // Whoever gives up on an attempt pays for what the server has read by then.
  const given: Usage = { promptTokens: 0, completionTokens: 0 };
  const timer = setTimeout(
    () => exchange.abort(new CallError('timeout', `after ${seconds(timeoutMs)} s`, place)),
    timeoutMs,
  );
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });

  const settle = (reply: ChatReply | CallError, answer: Answer | null): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    const failed = CallError.isInstance(reply) ? reply : null;
    const usage: Usage = failed?.usage ?? (reply as ChatReply);
    const milliseconds = performance.now() - started;
    const settled: Settled = {
      outcome: outcomeOf(failed?.kind ?? null),
      milliseconds,
      headers: answer?.headers ?? null,
      retryAfterMs: failed?.retryAfterMs ?? null,
      tokens: usage.promptTokens + usage.completionTokens,
    };
    onAttempt?.({
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      ...(usage.cachedTokens === undefined ? {} : { cachedTokens: usage.cachedTokens }),
      usd: (usage.promptTokens * endpoint.price.input + usage.completionTokens * endpoint.price.output) / 1e6,
      milliseconds: Math.round(milliseconds),
      error: failed?.kind ?? null,
    });
    // Last, because it lets the next call in, and whoever admits that one must know of this one.
    slot.settle(settled);
  };

  const reply = exchange.answer.then(
    (answer) => {
      const read = readAnswer(answer, request, endpoint, place, clock.now());
      settle(read, answer);
      if (CallError.isInstance(read)) throw read;
      return read;
    },
    (thrown: unknown) => {
      const error = toCallError(thrown, place);
      settle(error, null);
      throw error;
    },
  );
  return {
    reply,
    cancel: () => {
      given.promptTokens = promptTokens;
      cancel();
    },
  };
}

function readAnswer(
  { status, headers, text }: Answer,
  request: ChatRequest,
  endpoint: Endpoint,
  place: Place,
  now: number,
): ChatReply | CallError {
  if (status < 200 || status >= 300) return errorFromAnswer(status, text, headers, place, now);
  try {
    return ofModel(endpoint.repliesAs ?? request.model, parseReply(text, request, place, now), place);
  } catch (error) {
    return toCallError(error, place);
  }
}

/** What another model says is no answer of this one, however well it reads. @throws CallError `bad-reply`. */
function ofModel(model: string, reply: ChatReply, place: Place): ChatReply {
  if (reply.model == null || sameModel(model, reply.model)) return reply;
  const other = reply.model.slice(0, 100);
  throw new CallError(
    'bad-reply',
    `it is of ${other}, not of ${model}; where that is right, set repliesAs: ${other}`,
    place,
    { usage: reply },
  );
}

const seconds = (milliseconds: number) => Number((milliseconds / 1000).toPrecision(2));
