/** Buckets grow by a seventh, from a millisecond to over half an hour. */
const GROWTH = 1.15;
const BUCKETS = 105;
/** After so many samples the older half is forgotten. */
const REMEMBERED = 2000;
/** Fewer samples have no tail. */
const LEAST = 100;

/** The distribution of an address's latencies lately: counts in buckets of 15% width, in two halves of which the older goes. */
export class Latencies {
  private recent = new Uint32Array(BUCKETS);
  private older = new Uint32Array(BUCKETS);
  private inRecent = 0;
  private inOlder = 0;

  add(milliseconds: number): void {
    const bucket = Math.max(0, Math.min(BUCKETS - 1, Math.ceil(Math.log(milliseconds) / Math.log(GROWTH))));
    this.recent[bucket] = this.recent[bucket]! + 1;
    if (++this.inRecent < REMEMBERED) return;
    [this.older, this.recent] = [this.recent, this.older.fill(0)];
    [this.inOlder, this.inRecent] = [this.inRecent, 0];
  }

  /** Milliseconds within which this share of calls was answered, rounded up by 15% at most; null while too few are known. */
  quantile(share: number): number | null {
    const total = this.inRecent + this.inOlder;
    if (total < LEAST) return null;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.recent[bucket]! + this.older[bucket]!;
      if (seen >= share * total) return GROWTH ** bucket;
    }
    return GROWTH ** BUCKETS;
  }
}
