import { errorBody } from './wire';
import type { Fault, FaultKind } from './options';
import { UNREADABLE } from './judges';
import { retryAfter, type HttpReply } from './http';

const RETRY_AFTER_SECONDS = 1;
const SLOW_SECONDS = 2;
const HUGE_BYTES = 5e6;

const limited = (): HttpReply => ({
  status: 429,
  body: errorBody('too many requests (a fault to order)', 'rate_limit_error', 'rate_limit_exceeded'),
});
const refused = (message: string, code: string): HttpReply => ({
  status: 400,
  body: errorBody(message, 'invalid_request_error', code),
});

const errors: Partial<Record<FaultKind, (fault: Fault) => HttpReply>> = {
  '429': ({ seconds = RETRY_AFTER_SECONDS }) => ({ ...limited(), headers: retryAfter(seconds) }),
  '429-no-retry-after': limited,
  '500': () => ({ status: 500, body: errorBody('something broke (a fault to order)', 'server_error', null) }),
  '503': () => ({ status: 503, body: errorBody('overloaded (a fault to order)', 'server_error', 'overloaded') }),
  '401': () => ({
    status: 401,
    body: errorBody('wrong API key (a fault to order)', 'authentication_error', 'invalid_api_key'),
  }),
  '404': () => ({
    status: 404,
    body: errorBody('no such model (a fault to order)', 'invalid_request_error', 'model_not_found'),
  }),
  '413': () => ({
    status: 413,
    body: errorBody('request entity too large (a fault to order)', 'invalid_request_error', 'request_too_large'),
  }),
  'context-length': () =>
    refused("this model's maximum context length is 8 tokens (a fault to order)", 'context_length_exceeded'),
  'content-filter': () => refused('the prompt was filtered by the content policy (a fault to order)', 'content_filter'),
};

/** The error that a fault answers with, or null where the fault is of another kind. */
export function faultError(fault: Fault): HttpReply | null {
  return errors[fault.kind]?.(fault) ?? null;
}

/** The text of a reply with its fault, where the fault is one of the text. */
export function faultyText(kind: FaultKind | undefined, text: () => string): string {
  switch (kind) {
    case 'empty':
      return '';
    case 'unreadable':
      return UNREADABLE;
    case 'huge':
      return 'scripted '.repeat(Math.ceil(HUGE_BYTES / 'scripted '.length));
    case 'think':
      return `<think>\nI am scripted and do not really think. Score A: 1, Score B: 1 are no scores yet.\n</think>\n\n${text()}`;
    default:
      return text();
  }
}

/** How long after its time a reply comes, in milliseconds. */
export function delayOf(fault: Fault | null): number {
  return fault?.kind === 'slow' ? (fault.seconds ?? SLOW_SECONDS) * 1000 : 0;
}

/** Whether a reply with this fault is not the right one. */
export function spoils(kind: FaultKind): boolean {
  return kind !== 'slow' && kind !== 'think';
}
