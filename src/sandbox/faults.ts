import { share } from './chance';
import type { Fault, FaultKind } from './options';

interface Scheduled {
  fault: Fault;
  /** Its number since the start, so that two equal faults draw apart. */
  index: number;
  /** Matching calls so far. */
  seen: number;
  given: number;
}

/** The call that a fault may hit. */
export interface FaultCall {
  model: string;
  /** Digest of the body. */
  body: string;
  /** How often this body was asked before. */
  asked: number;
}

/** Which call gets which fault. Decisions depend on the seed and the calls, never on the clock. */
export class FaultPlan {
  private scheduled: Scheduled[] = [];
  private count = 0;
  /** Faults given so far, by kind. */
  readonly given: Partial<Record<FaultKind, number>> = {};

  constructor(private readonly seed: number) {}

  add(faults: readonly Fault[]): void {
    for (const fault of faults) this.scheduled.push({ fault, index: this.count++, seen: 0, given: 0 });
  }

  clear(): void {
    this.scheduled = [];
  }

  get size(): number {
    return this.scheduled.length;
  }

  /** The fault for a call: the first scheduled one that wants it. Every matching fault counts the call. */
  take(call: FaultCall): Fault | null {
    let chosen: Scheduled | null = null;
    for (const entry of this.scheduled) if (this.wants(entry, call)) chosen ??= entry;
    if (!chosen) return null;
    chosen.given++;
    this.given[chosen.fault.kind] = (this.given[chosen.fault.kind] ?? 0) + 1;
    return chosen.fault;
  }

  private wants(entry: Scheduled, call: FaultCall): boolean {
    const { match, times } = entry.fault;
    if (match.model !== undefined && match.model !== call.model) return false;
    entry.seen++;
    if (entry.given >= (times ?? (match.nth === undefined ? Number.POSITIVE_INFINITY : 1))) return false;
    if (match.nth !== undefined && entry.seen < match.nth) return false;
    if (match.every !== undefined && entry.seen % match.every !== 0) return false;
    return match.share === undefined || share(this.seed, entry.index, call.body, call.asked) < match.share;
  }
}
