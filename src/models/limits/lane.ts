import type { HeaderFields, Transport } from '../transport';
import { Latencies } from './latencies';
import type { Outcome } from './outcome';
import { Quota } from './quota';
import { Rate } from './rate';
import { Window } from './window';

/** Failures on end after which an address is left alone while there are others. */
const FAILURES = 5;
const FIRST_EJECTION_MS = 1000;
const LONGEST_EJECTION_MS = 60_000;
/** The smallest `Retry-After` that its whole seconds can say means "soon", and the lowered rate does that; longer ones hold all calls. */
const SOON_MS = 1000;

/** How an attempt ended. */
export interface Settled {
  outcome: Outcome;
  milliseconds: number;
  /** Null where no answer came. */
  headers: HeaderFields | null;
  /** What the server asked to wait. */
  retryAfterMs: number | null;
  /** Tokens that it took; null where it is not known. */
  tokens: number | null;
}

/** How an address stands, for people and tests. */
export interface LaneState {
  url: string;
  inFlight: number;
  /** Calls in flight at most, now. */
  window: number;
  /** Calls a second at most, now; null: no limit was met. */
  perSecond: number | null;
  /** Left alone after failures, or being tried again. */
  ejected: boolean;
}

/** One address of an endpoint with all that limits it: a window, a rate, the provider's headers, and its health. */
export class Lane {
  inFlight = 0;
  readonly latencies = new Latencies();
  private readonly window: Window;
  private readonly rate = new Rate();
  private readonly quota = new Quota();
  private hold = { until: 0, sentAt: 0 };
  private failures = 0;
  private ejections = 0;
  private ejectedUntil = 0;

  constructor(
    readonly url: string,
    readonly send: Transport,
    concurrency: number,
  ) {
    this.window = new Window(concurrency);
  }

  /** Share of the window in use. */
  get load(): number {
    return this.inFlight / this.window.limit;
  }

  /** Milliseconds until a call may start; infinite: not before one in flight has ended. */
  wait(now: number): number {
    if (this.inFlight >= this.window.limit) return Number.POSITIVE_INFINITY;
    if (this.hold.until > 0 && now >= this.hold.until) this.lift();
    return Math.max(this.hold.until - now, this.rate.wait(now), this.quota.wait(this.inFlight, now), 0);
  }

  /** Milliseconds for which it is left alone; then one call tries it (half-open), and the others wait for that one: infinite. */
  ejectedFor(now: number): number {
    if (this.ejections === 0) return 0;
    if (now < this.ejectedUntil) return this.ejectedUntil - now;
    return this.inFlight > 0 ? Number.POSITIVE_INFINITY : 0;
  }

  start(now: number): void {
    this.inFlight++;
    this.rate.sent(now);
  }

  settle({ outcome, milliseconds, headers, retryAfterMs, tokens }: Settled, now: number): void {
    const sentAt = now - milliseconds;
    this.window.settle(outcome, milliseconds, this.inFlight, now);
    this.inFlight--;
    if (headers) this.quota.read(headers, tokens, now);
    if (outcome === 'answered' || outcome === 'late') this.latencies.add(milliseconds);
    if (outcome === 'limited') this.rate.refused(sentAt, now);
    if (retryAfterMs !== null && retryAfterMs > SOON_MS) this.holdBack(sentAt, now + retryAfterMs);
    // It lets later calls through again, whatever it said before.
    else if (outcome === 'answered' && this.hold.until > 0 && sentAt > this.hold.sentAt) this.lift();
    this.judge(outcome, now);
  }

  state(): LaneState {
    const { limit } = this.rate;
    return {
      url: this.url,
      inFlight: this.inFlight,
      window: this.window.limit,
      perSecond: Number.isFinite(limit) ? limit : null,
      ejected: this.ejections > 0,
    };
  }

  private holdBack(sentAt: number, until: number): void {
    const { hold } = this;
    hold.until = Math.max(hold.until, until);
    hold.sentAt = Math.max(hold.sentAt, sentAt);
  }

  private lift(): void {
    this.hold = { until: 0, sentAt: 0 };
  }

  private judge(outcome: Outcome, now: number): void {
    if (outcome === 'unknown') return;
    if (outcome !== 'broken' && outcome !== 'late') {
      this.failures = 0;
      this.ejections = 0;
      return;
    }
    this.failures++;
    // What was in flight at the ejection fails, too, and says nothing new.
    if (this.failures < FAILURES || now < this.ejectedUntil) return;
    this.ejectedUntil = now + Math.min(LONGEST_EJECTION_MS, FIRST_EJECTION_MS * 2 ** this.ejections);
    this.ejections++;
  }
}
