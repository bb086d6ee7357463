/** A number of slots; who finds none free waits, first come first served. */
export class Slots {
  private used = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private slots: number) {}

  /** Calls that hold a slot keep it. */
  resize(slots: number): void {
    this.slots = slots;
    this.fill();
  }

  get waiting(): number {
    return this.queue.length;
  }

  /**
   * Runs `start` when there is a slot, after the current turn if one is free.
   * @returns leaves the queue or gives the slot back; calling it again does nothing.
   */
  enter(start: () => void): () => void {
    let place: 'queue' | 'slot' | 'left' = 'queue';
    const run = (): void => {
      place = 'slot';
      start();
    };
    this.queue.push(run);
    queueMicrotask(() => this.fill());
    return () => {
      if (place === 'queue') this.queue.splice(this.queue.indexOf(run), 1);
      if (place === 'slot') this.used--;
      place = 'left';
      this.fill();
    };
  }

  private fill(): void {
    while (this.used < this.slots && this.queue.length > 0) {
      this.used++;
      this.queue.shift()?.();
    }
  }
}

/** A token bucket that holds one second's worth of requests, and at least one. */
export class RateLimit {
  private tokens: number;
  private last = performance.now();

  constructor(private readonly perSecond: number) {
    this.tokens = Math.max(1, perSecond);
  }

  /** Takes a token. @returns 0, or the seconds until there will be one. */
  take(): number {
    const now = performance.now();
    this.tokens = Math.min(Math.max(1, this.perSecond), this.tokens + ((now - this.last) / 1000) * this.perSecond);
    this.last = now;
    if (this.tokens < 1) return (1 - this.tokens) / this.perSecond;
    this.tokens--;
    return 0;
  }
}
