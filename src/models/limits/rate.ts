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
/** A share of refusals below this that a rate of `FAR` of what it was did not change is not about our rate: were it, there would be none left. */
const NOISE = 0.3;
const UNCHANGED = 0.4;
const FAR = 0.6;
/** So many calls tell a share. */
const TELLING_SHARE = 100;
/** Standard deviations by which refusals must exceed the known noise. */
const SURE = 2;
/** A pause between two calls beyond this is want of work, not the endpoint's pace. */
const BUSY_MS = 50;
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
 * become fewer when the rate is lowered are noise of the endpoint: the lowerings are undone, and no more than noise lowers it again.
 */
export class Rate {
  private readonly pacer = new Pacer(Number.POSITIVE_INFINITY);
  private round = { start: 0, sent: 0, refused: 0, idle: 0 };
  private lowered = 0;
  private searching = false;
  /** What was taken when the rate was lowered, and to what it was lowered. */
  private taken = SLOWEST;
  private base = SLOWEST;
  /** The share refused by chance, as it was found and as it is now. */
  private known = 0;
  private noise = 0;
  private lastSent = 0;
  /** Limit, rate and share refused before some lowerings, and what was sent and refused far below that rate. */
  private trial: { limit: number; rate: number; share: number; sent: number; refused: number } | null = null;

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
    this.round.idle += this.pause(now);
    this.lastSent = now;
    this.round.sent++;
    if (Number.isFinite(this.limit)) this.pacer.take(1, now);
  }

  /** @param sentAt calls sent before the last lowering say nothing about the present rate. */
  refused(sentAt: number, now: number): void {
    if (sentAt >= this.lowered) this.round.refused++;
    this.turn(now);
  }

  /** How long nothing has been sent for another reason than the rate. */
  private pause(now: number): number {
    return Math.max(0, now - Math.max(this.lastSent, this.round.start) - 1000 / this.limit - BUSY_MS);
  }

  private turn(now: number): void {
    const { start, sent, refused, idle } = this.round;
    if (start === 0) this.round.start = now;
    const elapsed = now - this.round.start;
    const flood = refused >= FLOOD && 2 * refused >= sent;
    const full = elapsed >= ROUND_MS && (sent >= TELLING_CALLS || refused > 0 || elapsed >= QUIET_MS);
    if (!flood && !full) return;
    const busy = Math.max(elapsed - idle - this.pause(now), SHORTEST_MS);
    this.round = { start: now, sent: 0, refused: 0, idle: 0 };
    if (refused === 0 && this.limit === Number.POSITIVE_INFINITY) return;
    const perSecond = (1000 * Math.max(sent, refused)) / busy;
    const calls = Math.max(sent, refused, FEWEST);
    const share = refused / calls;
    if (this.isNoise(sent, refused)) return;
    const excess = share - this.noise;
    const chance = SURE * Math.sqrt((this.noise * (1 - this.noise)) / calls);
    if (excess > RIGHT + chance && (refused > 1 || share >= 1 / FEWEST))
      return this.lower(perSecond, share, flood, now);
    this.noise = Math.min(this.known, this.noise + ((share - this.noise) * sent) / (sent + TELLING_SHARE));
    if (excess <= FREE + chance) this.raise(perSecond, now);
  }

  /** Whether refusals stayed as frequent as they were before the rate was lowered; then it is as it was. */
  private isNoise(sent: number, refused: number): boolean {
    const { trial } = this;
    if (trial && this.limit > trial.limit) this.trial = null;
    if (!trial || this.limit > FAR * trial.rate) return false;
    trial.sent += Math.max(sent, refused);
    trial.refused += refused;
    if (trial.sent < TELLING_SHARE) return false;
    const share = trial.refused / trial.sent;
    this.trial = null;
    if (Math.max(share, trial.share) >= NOISE || share <= UNCHANGED * trial.share) return false;
    this.known = this.noise = share;
    this.pacer.perSecond = trial.limit;
    return true;
  }

  private lower(perSecond: number, share: number, flood: boolean, now: number): void {
    this.trial ??= { limit: this.limit, rate: Math.min(this.limit, perSecond), share, sent: 0, refused: 0 };
    if (flood) this.trial.share = Math.max(this.trial.share, share);
    const excess = share - this.noise;
    this.searching = this.limit === Number.POSITIVE_INFINITY;
    // A round with little to send says little about how far the limit is off.
    const least = this.searching ? SLOWEST : Math.max(SLOWEST, KEEP_OF_RATE * this.limit);
    this.taken = Math.max(least, Math.min(this.limit, perSecond) * Math.max(KEEP_OF_RATE, 1 - excess));
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
