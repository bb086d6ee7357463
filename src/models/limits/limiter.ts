import { FairQueue } from './fair-queue';
import type { Lane, LaneState, Settled } from './lane';
import { Pacer } from './pacer';

/** What a call asks for. */
export interface Entry {
  /** Whose call it is: runs take turns. */
  run: string;
  /** Tokens that it will take, about. */
  tokens: number;
  /** It comes again after a failure, and goes before its run's others. */
  again: boolean;
  signal: AbortSignal | undefined;
}

/** A place in flight on one address. */
export interface Slot {
  lane: Lane;
  /** Gives the place back, with what the attempt taught; calling it again does nothing. */
  settle(settled: Settled): void;
}

export interface LimiterOptions {
  /** Per minute, over all addresses; null: no limit. */
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  /** Milliseconds of any clock that runs evenly. */
  now: () => number;
}

type Waiter = { entry: Entry; grant: (slot: Slot) => void };

/** Admits the calls of a worker to the addresses of one endpoint: the least busy one takes the next call of the run whose turn it is. */
export class Limiter {
  private readonly queue = new FairQueue<Waiter>();
  private readonly requests: Pacer | null;
  private readonly tokens: Pacer | null;
  private timer: NodeJS.Timeout | undefined;
  private wakes = Number.POSITIVE_INFINITY;

  constructor(
    private readonly lanes: readonly Lane[],
    private readonly options: LimiterOptions,
  ) {
    const { requestsPerMinute, tokensPerMinute } = options;
    this.requests = requestsPerMinute === null ? null : new Pacer(requestsPerMinute / 60);
    this.tokens = tokensPerMinute === null ? null : new Pacer(tokensPerMinute / 60);
  }

  get queued(): number {
    return this.queue.size;
  }

  states(): LaneState[] {
    return this.lanes.map((lane) => lane.state());
  }

  /**
   * Waits for a place.
   * @throws the signal's reason when it aborts before.
   */
  acquire(entry: Entry): Promise<Slot> {
    const { run, signal, again } = entry;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.queue.size === 0) {
      const slot = this.tryAcquire(entry);
      if (slot) return Promise.resolve(slot);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        entry,
        grant: (slot) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(slot);
        },
      };
      const giveUp = () => {
        this.queue.remove(run, waiter);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.queue.add(run, waiter, again);
      this.admit();
    });
  }

  /** A place if there is one now, on another address than `not` where there are several. */
  tryAcquire(entry: Entry, not?: Lane): Slot | null {
    const now = this.options.now();
    if (this.budgetWait(now) > 0) return null;
    const lane = this.choose(now, not).lane;
    return lane && this.open(lane, entry, now);
  }

  private open(lane: Lane, { tokens }: Entry, now: number): Slot {
    lane.start(now);
    this.requests?.take(1, now);
    this.tokens?.take(tokens, now);
    let open = true;
    return {
      lane,
      settle: (settled) => {
        if (!open) return;
        open = false;
        const ended = this.options.now();
        this.tokens?.take((settled.tokens ?? 0) - tokens, ended);
        lane.settle(settled, ended);
        this.admit();
      },
    };
  }

  /** Lets in whoever may go, and wakes up when the next one may. */
  private admit(): void {
    while (this.queue.size > 0) {
      const now = this.options.now();
      const budget = this.budgetWait(now);
      const { lane, wait } = this.choose(now);
      if (!lane || budget > 0) return this.wakeIn(Math.max(budget, wait), now);
      const waiter = this.queue.take()!;
      waiter.grant(this.open(lane, waiter.entry, now));
    }
  }

  private budgetWait(now: number): number {
    return Math.max(this.requests?.wait(now) ?? 0, this.tokens?.wait(now) ?? 0);
  }

  /** The least busy address that may take a call, or how long until there is one. Where all are ejected, all are tried. */
  private choose(now: number, not?: Lane): { lane: Lane | null; wait: number } {
    const others = this.lanes.length > 1 ? this.lanes.filter((lane) => lane !== not) : this.lanes;
    const healthy = others.some((lane) => lane.ejectedFor(now) === 0);
    let best: Lane | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const lane of others) {
      const wait = healthy ? Math.max(lane.ejectedFor(now), lane.wait(now)) : lane.wait(now);
      if (wait > 0) least = Math.min(least, wait);
      else if (best === null || lane.load < best.load) best = lane;
    }
    return { lane: best, wait: best ? 0 : least };
  }

  private wakeIn(milliseconds: number, now: number): void {
    // An endless wait ends with a call in flight.
    if (!Number.isFinite(milliseconds) || now + milliseconds >= this.wakes) return;
    clearTimeout(this.timer);
    this.wakes = now + milliseconds;
    this.timer = setTimeout(
      () => {
        this.wakes = Number.POSITIVE_INFINITY;
        this.admit();
      },
      Math.min(Math.max(1, milliseconds), 60_000),
    );
  }
}
