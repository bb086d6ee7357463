import { Pacer } from './pacer';

/** A round: what is sent and refused is counted over so long. */
const ROUND_MS = 1000;
/** Fewer calls say nothing about a share, unless some were refused, or it was a quiet time. */
const TELLING_CALLS = 20;
const QUIET_MS = 20_000;
/** Refusals that end a round at once, where they are at least half of the calls. */
const FLOOD = 10;
/** Rates are measured over so long at least, because calls may start all together. */
const SHORTEST_MS = 200;
/** An excess of refusals up to which the rate is right, and up to which it may grow. */
const RIGHT = 0.04;
const FREE = 0.01;
/** One refusal among fewer calls counts as one of five. */
const FEWEST = 5;
/** One round leaves so much of a rate at least, and at most so little less than what was taken. */
const KEEP_OF_RATE = 0.4;
const KEEP_OF_TAKEN = 0.8;
/** A share of refusals below this that three rounds of lowering did not change is not about our rate. */
const NOISE = 0.3;
const UNCHANGED = 0.6;
/** Calls a second at least; below that only the waits that an endpoint asks for. */
const SLOWEST = 1 / 30;
/** The rate runs so far ahead of what is sent at most, and grows by so much in a round. */
const AHEAD = 1.5;
/** Of the cubic, per square root of calls a second; and calls that one second of its time takes at least. */
const GROWTH = 0.1;
const STEP_CALLS = 8;

/**
 * The calls a second that an address takes, learned from its refusals (429); no limit until the first.
 *
 * A round with more than 4% refused lowers the rate to what was taken and a little below. Clean rounds raise it: after the first
 * lowering by half each, because a burst says little about a rate; later along a cubic (RFC 9438 §4.2; the AWS SDKs do so for
 * the same purpose), which is flat at the rate that was taken and then looks for a limit that was raised. It grows by the square
 * root of the rate and shrinks by a share, so that several workers come to share a limit. Refusals that do not
 * become fewer when the rate is lowered are noise of the endpoint, and no reason to lower it further.
 */
export class Rate {
  private readonly pacer = new Pacer(Number.POSITIVE_INFINITY);
  private round = { start: 0, sent: 0, refused: 0, idle: 0 };
  private lowered = 0;
  private searching = false;
  /** What was taken when the rate was lowered, and to what it was lowered. */
  private taken = SLOWEST;
  private base = SLOWEST;
  private noise = 0;
  /** Shares refused in rounds of lowering on end. */
  private shares: number[] = [];

  /** Calls a second. */
  get limit(): number {
    return this.pacer.perSecond;
  }

  /** Milliseconds until the next call may be sent. */
  wait(now: number): number {
    this.turn(now);
    return this.pacer.wait(now);
  }

  sent(now: number): void {
    this.turn(now);
    this.round.sent++;
    if (Number.isFinite(this.limit)) this.pacer.take(1, now);
  }

  /** @param sentAt calls sent before the last lowering say nothing about the present rate. */
  refused(sentAt: number, now: number): void {
    if (sentAt >= this.lowered) this.round.refused++;
    this.turn(now);
  }

  /** Time in which nothing was sent for another reason. */
  idle(milliseconds: number): void {
    this.round.idle += milliseconds;
  }

  private turn(now: number): void {
    const { start, sent, refused, idle } = this.round;
    if (start === 0) this.round.start = now;
    const elapsed = now - this.round.start;
    const flood = refused >= FLOOD && 2 * refused >= sent;
    const full = elapsed >= ROUND_MS && (sent >= TELLING_CALLS || refused > 0 || elapsed >= QUIET_MS);
    if (!flood && !full) return;
    this.round = { start: now, sent: 0, refused: 0, idle: 0 };
    if (refused === 0 && this.limit === Number.POSITIVE_INFINITY) return;
    const perSecond = (1000 * Math.max(sent, refused)) / Math.max(elapsed - idle, SHORTEST_MS);
    const share = refused / Math.max(sent, refused, FEWEST);
    if (share < this.noise) this.noise += (share - this.noise) / 8;
    const excess = share - this.noise;
    if (excess > RIGHT && (refused > 1 || share >= 1 / FEWEST)) return this.lower(perSecond, share, now);
    this.shares = [];
    if (excess <= FREE) this.raise(perSecond, now);
  }

  private lower(perSecond: number, share: number, now: number): void {
    this.shares = [share, ...this.shares].slice(0, 3);
    const [, , first = 1] = this.shares;
    if (Math.max(...this.shares, first) < NOISE && share > UNCHANGED * first) {
      this.noise = share;
      this.shares = [];
      return;
    }
    const excess = share - this.noise;
    this.searching = this.limit === Number.POSITIVE_INFINITY;
    this.taken = Math.max(SLOWEST, Math.min(this.limit, perSecond) * Math.max(KEEP_OF_RATE, 1 - excess));
    this.base = Math.max(SLOWEST, this.taken * Math.max(KEEP_OF_TAKEN, 1 - excess / 2));
    this.pacer.perSecond = Math.min(this.limit, this.base);
    this.lowered = now;
  }

  private raise(perSecond: number, now: number): void {
    const { limit, taken, base } = this;
    // Room that is not used proves nothing.
    if (limit === Number.POSITIVE_INFINITY || limit > AHEAD * Math.max(perSecond, taken)) return;
    if (this.searching) {
      this.pacer.perSecond = AHEAD * limit;
      this.taken = this.base = this.limit;
      this.lowered = now;
      return;
    }
    const time = (now - this.lowered) / (1000 * Math.max(1, STEP_CALLS / taken));
    const growth = GROWTH * Math.sqrt(taken);
    const next = taken + growth * (time - Math.cbrt((taken - base) / growth)) ** 3;
    this.pacer.perSecond = Math.max(limit, Math.min(next, AHEAD * limit));
  }
}
