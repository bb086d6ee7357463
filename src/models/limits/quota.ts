import type { HeaderFields } from '../transport';

/** What is left of a provider's allowance, and when it is whole again. */
interface Allowance {
  left: number;
  until: number;
}

/** Header names of what is left and of when it is renewed, as OpenAI and those like it, proxies, and the IETF's draft have them. */
const REQUESTS = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
] as const;
const TOKENS = [['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens']] as const;

/** Nobody waits longer on a header's word. */
const LONGEST_MS = 120_000;

/** Honours the rate-limit headers of an address: where nothing is left, nothing is sent until it is renewed. */
export class Quota {
  private requests: Allowance | null = null;
  private tokens: Allowance | null = null;
  /** Tokens of a call, lately. */
  private perCall = 0;

  /** @param inFlight calls on their way, which the headers may not count yet. */
  wait(inFlight: number, now: number): number {
    return Math.max(
      this.lacking(this.requests, inFlight, 1, now),
      this.lacking(this.tokens, inFlight, this.perCall, now),
    );
  }

  /** @param tokens what the call took; null where it is not known. */
  read(headers: HeaderFields, tokens: number | null, now: number): void {
    if (tokens !== null) this.perCall = this.perCall === 0 ? tokens : this.perCall + (tokens - this.perCall) / 16;
    this.requests = allowance(headers, REQUESTS, now) ?? this.requests;
    this.tokens = allowance(headers, TOKENS, now) ?? this.tokens;
  }

  /** With calls on their way the next answer says more; without one there is nothing but to wait. */
  private lacking(allowed: Allowance | null, inFlight: number, perCall: number, now: number): number {
    if (allowed === null || now >= allowed.until || allowed.left >= (inFlight + 1) * perCall) return 0;
    return inFlight === 0 && allowed.left > 0 ? 0 : allowed.until - now;
  }
}

function allowance(
  headers: HeaderFields,
  names: readonly (readonly [string, string])[],
  now: number,
): Allowance | null {
  for (const [remaining, reset] of names) {
    const value = headers[remaining];
    if (typeof value !== 'string') continue;
    const left = Number(value);
    const wait = milliseconds(headers[reset], now);
    if (Number.isFinite(left) && wait !== null) return { left, until: now + Math.min(wait, LONGEST_MS) };
  }
  return null;
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Milliseconds until a reset: `6m0s` or `120ms` (OpenAI), seconds, seconds or milliseconds since 1970, or a date. */
export function milliseconds(text: string | string[] | undefined, now: number): number | null {
  if (typeof text !== 'string' || text.trim() === '') return null;
  const number = Number(text);
  if (number > 1e12) return Math.max(0, number - now);
  if (number > 1e9) return Math.max(0, number * 1000 - now);
  if (Number.isFinite(number)) return Math.max(0, number * 1000);
  if (/^(?:[\d.]+(?:ms|[dhms]))+$/.test(text)) {
    const parts = [...text.matchAll(/([\d.]+)(ms|[dhms])/g)];
    return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as keyof typeof UNITS], 0);
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
