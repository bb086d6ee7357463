import type { CallErrorKind } from './chat';

const marker = Symbol.for('arena-flywheel.call-error');

/** What each kind means, what mends it, and how it is treated. `item`: the others at this endpoint are not concerned. */
const kinds: Record<CallErrorKind, { what: string; cure: string; scope: 'item' | 'endpoint'; retryable: boolean }> = {
  'rate-limited': {
    what: 'The endpoint limits the rate of calls',
    cure: 'Lower `concurrency`, or ask the provider for a higher limit.',
    scope: 'endpoint',
    retryable: true,
  },
  overloaded: {
    what: 'The endpoint is overloaded',
    cure: 'Lower `concurrency`, or try again later.',
    scope: 'endpoint',
    retryable: true,
  },
  server: {
    what: 'The endpoint failed',
    cure: "Look into the server's log.",
    scope: 'endpoint',
    retryable: true,
  },
  timeout: {
    what: 'The endpoint did not reply in time',
    cure: 'Raise `timeoutSeconds`, or lower `maxTokens` or `concurrency`.',
    scope: 'endpoint',
    retryable: true,
  },
  connection: {
    what: 'The connection to the endpoint failed',
    cure: 'Check that the server runs and that `url` is right.',
    scope: 'endpoint',
    retryable: true,
  },
  unauthorized: {
    what: 'The endpoint refused access',
    cure: 'Check the environment variable that `key` names, and what its account may use and pay for.',
    scope: 'endpoint',
    retryable: false,
  },
  'not-found': {
    what: 'The endpoint has no such model or path',
    cure: 'Check `model`, and `url` (it usually ends in /v1).',
    scope: 'endpoint',
    retryable: false,
  },
  'context-length': {
    what: "The conversation does not fit into the model's context",
    cure: 'Drop this item, lower `maxTokens`, or serve the model with a longer context.',
    scope: 'item',
    retryable: false,
  },
  'content-filter': {
    what: "The provider's content filter stopped the call",
    cure: 'Drop this item, or use a model without the filter.',
    scope: 'item',
    retryable: false,
  },
  'too-large': {
    what: 'The endpoint takes no request of this size',
    cure: "Drop this item, or raise the server's limit of a request's size.",
    scope: 'item',
    retryable: false,
  },
  'bad-request': {
    what: 'The endpoint refused the request',
    cure: 'Mend what it names; where it refuses max_tokens, its dialect is max_completion_tokens.',
    scope: 'item',
    retryable: false,
  },
  'bad-reply': {
    what: 'The endpoint sent a reply that cannot be read',
    cure: 'Check that `url` is the address of an OpenAI-compatible chat API.',
    scope: 'endpoint',
    retryable: true,
  },
  cancelled: { what: 'The call was cancelled', cure: '', scope: 'endpoint', retryable: false },
};

/** Where a call went, and the key that must appear in no message. */
export interface Place {
  url: string;
  model: string;
  key: string | null;
}

/** Tokens, as a server counts them or as they are estimated. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  /** Of the prompt's, those that the server had in its prefix cache; absent where it does not say. */
  cachedTokens?: number;
}

interface Facts {
  status?: number;
  /** What the server asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  /** What was paid for although nothing usable came back. */
  usage?: Usage;
}

/**
 * A call that gave no reply. Recognised by a marker, because Jest's realms and duplicate packages break `instanceof`.
 * The message says what happened, where, and the cure; it never holds the key, nor what else an address may hide.
 */
export class CallError extends Error {
  readonly [marker] = true;
  override readonly name = 'CallError';
  /** `item`: only this prompt or game is lost; `endpoint`: the next call would meet the same. */
  readonly scope: 'item' | 'endpoint';
  readonly retryable: boolean;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly usage: Usage;

  constructor(
    readonly kind: CallErrorKind,
    detail: string,
    place: Place,
    facts: Facts = {},
  ) {
    const { what, cure, scope, retryable } = kinds[kind];
    const said = redact(detail, place.key).replace(/\s+/g, ' ').trim();
    const short = said.length > 300 ? `${said.slice(0, 300)}…` : said;
    const where = `${what} (${shownUrl(place.url)}, model ${place.model})`;
    super(
      [short === '' ? `${where}.` : `${where}: ${/[.!?…]$/.test(short) ? short : `${short}.`}`, cure].join(' ').trim(),
    );
    this.scope = scope;
    this.retryable = retryable;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.usage = facts.usage ?? { promptTokens: 0, completionTokens: 0 };
  }

  static isInstance(error: unknown): error is CallError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}

/** An address without user, password, query and fragment: each of them may hide a key. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '(not an address)';
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/$/, '');
}

/** Servers like to repeat the key that they refuse. */
function redact(text: string, key: string | null): string {
  return key === null || key === '' ? text : text.replaceAll(key, '***');
}
