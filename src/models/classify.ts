import { messageOf } from '../errors';
import type { CallErrorKind } from './chat';
import { CallError, type Place } from './errors';
import { AnswerTooLong, type HeaderFields } from './transport';

/** Nobody is made to wait longer than this by a `Retry-After` header. */
const longestWaitMs = 120_000;

/** How OpenAI, Azure, vLLM, SGLang, llama.cpp, TGI and FastChat say that the conversation is too long. */
const tooLong =
  /context_length_exceeded|exceed_context_size|maximum context length|context length is only|context (?:length|size|window)[^.]{0,40}exceed|exceed[^.]{0,60}context|longer than the model's context|(?:prompt|input) is too long|must be <= \d+\. Given/i;

const filtered = /content_filter|content_policy|ResponsibleAIPolicy|content management policy|content policy/i;

const unknownModel = /model_not_found|model[^.]{0,80}(?:does not exist|not found|is not available)/i;

const outOfMoney = /insufficient_quota|billing|exceeded your current quota|credit balance/i;

/** The kind of error that a status and the body's text mean. */
function kindOf(status: number, text: string): CallErrorKind {
  if (status === 400 || status === 403 || status === 422) {
    if (tooLong.test(text)) return 'context-length';
    if (filtered.test(text)) return 'content-filter';
    if (unknownModel.test(text)) return 'not-found';
  }
  // OpenAI says 429 as well when the account is empty; waiting does not fill it.
  if (status === 402 || (status === 429 && outOfMoney.test(text))) return 'unauthorized';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 408) return 'timeout';
  if (status === 413) return tooLong.test(text) ? 'context-length' : 'too-large';
  if (status === 429) return 'rate-limited';
  if (status === 503 || status === 529) return 'overloaded';
  if (status >= 500) return 'server';
  // A redirect means that the address is not the right one; it is not followed with the key in hand.
  if (status === 404 || status === 405 || status < 400) return 'not-found';
  return 'bad-request';
}

/**
 * What the server asks to wait, in milliseconds, from `retry-after-ms` or `Retry-After` (seconds or a date; RFC 9110
 * §10.2.3), at most 120 s; undefined where it asks nothing that can be read.
 */
export function retryAfter(headers: HeaderFields, now: number): number | undefined {
  const field = (name: string) => [headers[name] ?? ''].flat()[0]?.trim() ?? '';
  const milliseconds = Number.parseFloat(field('retry-after-ms'));
  const header = field('retry-after');
  const wait = Number.isFinite(milliseconds)
    ? milliseconds
    : /^\d+(?:\.\d+)?$/.test(header)
      ? Number(header) * 1000
      : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), longestWaitMs) : undefined;
}

/** The error that a server's answer means. `text` is the raw body, `now` the time in milliseconds since 1970. */
export function errorFromAnswer(
  status: number,
  text: string,
  headers: HeaderFields,
  place: Place,
  now: number,
): CallError {
  const wait = retryAfter(headers, now);
  return new CallError(kindOf(status, text), `HTTP ${status} ${sentenceOf(text)}`, place, {
    status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** The error of an attempt that got no answer, from whatever the transport threw. */
export function toCallError(error: unknown, place: Place): CallError {
  if (CallError.isInstance(error)) return error;
  if (error instanceof AnswerTooLong) return new CallError('bad-reply', error.message, place);
  return new CallError('connection', causeOf(error), place);
}

/** The sentence inside an error's body: `error.message`, `message` or `detail` of JSON, else its text without tags. */
function sentenceOf(text: string): string {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const inner = (typeof body['error'] === 'object' && body['error'] !== null ? body['error'] : body) as Record<
      string,
      unknown
    >;
    for (const value of [inner['message'], inner['detail'], body['error']])
      if (typeof value === 'string' && value !== '') return value;
    return text;
  } catch {
    return text.replace(/<(style|script)[^>]*>[^<]*<\/\1>|<[^<>]*>/gi, ' ');
  }
}

function causeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  const message = messageOf(error);
  return typeof code === 'string' && !message.includes(code) ? `${code} ${message}`.trim() : message;
}
