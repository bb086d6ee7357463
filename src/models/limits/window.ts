import type { Outcome } from './outcome';

/** Rounds in which the window grows back from nothing to its maximum. */
const ROUNDS_TO_FULL = 20;
/** A round has so many calls at least, or its median says nothing. */
const LEAST_CALLS = 20;
/** So many times the usual latency is a queue at the endpoint, not chance. */
const RISEN = 2;
/** More throughput than usual by this factor is worth a longer latency, as with servers that batch. */
const WORTH_IT = 1.2;
/** What a rise of latency leaves of the window. */
const SHRINK = 0.9;
/** Latency alone takes no more than half of the window: it may be longer answers. */
const LATENCY_FLOOR = 0.5;
/** A share of overloaded calls up to this is chance. */
const CHANCE = 0.02;
/** Weights of a new round in what is usual: a rise becomes usual slowly, a fall soon. */
const SLOWLY = 1 / 32;
const SOON = 1 / 4;

/**
 * How many calls may be in flight at one address: additive increase, multiplicative decrease. A round is as many calls as the
 * window holds. After a round with calls that were refused as too many (503, 529) the window shrinks by half their share (as
 * DCTCP does with marked packets, RFC 8257 §3.3): a few refused calls cost little, and an endpoint that refuses all of them is
 * soon left alone. It shrinks, too, while the median latency is more than twice the usual one without more throughput, until
 * that has become usual. After other rounds it grows by a twentieth of its maximum. Workers that shrink by shares and grow by
 * constants come to even shares of an endpoint.
 */
export class Window {
  private size: number;
  private calls = 0;
  private overloaded = 0;
  private full = false;
  private started = 0;
  private latencies: number[] = [];
  private usual: { latency: number; throughput: number } | null = null;

  /** It starts at its maximum, which is the user's own word on what the endpoint takes. */
  constructor(private readonly maximum: number) {
    this.size = maximum;
  }

  /** Calls in flight at most. */
  get limit(): number {
    return Math.max(1, Math.floor(this.size));
  }

  /** @param inFlight calls in flight, this one included. */
  settle(outcome: Outcome, milliseconds: number, inFlight: number, now: number): void {
    if (outcome === 'unknown') return;
    if (this.calls === 0) this.started = now - milliseconds;
    this.calls++;
    if (inFlight >= this.limit) this.full = true;
    if (outcome === 'overloaded') this.overloaded++;
    if (outcome === 'answered' || outcome === 'late') this.latencies.push(milliseconds);
    if (this.calls >= Math.max(this.limit, LEAST_CALLS)) this.endRound(now);
  }

  private endRound(now: number): void {
    const share = this.overloaded / this.calls;
    const queued = this.hasQueue(now);
    if (share > CHANCE) this.size = Math.max(1, this.size * (1 - share / 2));
    else if (queued) this.size = Math.min(this.size, Math.max(this.maximum * LATENCY_FLOOR, this.size * SHRINK));
    // Where fewer calls came than the window would let in, its size was not tried.
    else if (this.full) this.size = Math.min(this.maximum, this.size + Math.max(1, this.maximum / ROUNDS_TO_FULL));
    this.calls = 0;
    this.overloaded = 0;
    this.full = false;
    this.latencies = [];
  }

  /** Whether calls wait at the endpoint, by the round's median latency and throughput beside the usual ones. */
  private hasQueue(now: number): boolean {
    const answered = this.latencies.length;
    if (answered < LEAST_CALLS / 2) return false;
    const latency = this.latencies.sort((a, b) => a - b)[answered >> 1]!;
    const throughput = answered / Math.max(now - this.started, 1);
    const usual = (this.usual ??= { latency, throughput });
    const queued = latency > RISEN * usual.latency && throughput < WORTH_IT * usual.throughput;
    usual.latency += (latency - usual.latency) * (latency > usual.latency ? SLOWLY : SOON);
    usual.throughput += (throughput - usual.throughput) * SLOWLY;
    return queued;
  }
}
