/** Milliseconds of work that may go at once, so that a late timer costs no throughput. */
const BURST_MS = 50;

/**
 * Spreads an amount per time evenly (GCRA, the leaky bucket as a meter): in no span of a minute does more pass than the
 * rate allows, beyond one item and 50 ms of the rate. An item may cost more than is free; the others then wait longer.
 */
export class Pacer {
  /** When all that has passed would have passed at exactly the rate, in milliseconds. */
  private paidUntil = 0;

  /** @param rate amount per second. */
  constructor(private rate: number) {}

  set perSecond(rate: number) {
    this.rate = rate;
  }

  get perSecond(): number {
    return this.rate;
  }

  /** Milliseconds until the next item may pass. */
  wait(now: number): number {
    return Math.max(0, this.paidUntil - BURST_MS - now);
  }

  /** Counts what passes; a negative amount gives back what was counted too much. */
  take(amount: number, now: number): void {
    this.paidUntil = Math.max(this.paidUntil, now) + (1000 * amount) / this.rate;
  }
}
