/** A small seeded generator for scripted things: the same seed gives the same draws on every machine. */
export class Rng {
  private state: number;

  /** @param seed any integer; its lowest 32 bits count. */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A number in [0, 1). Mulberry32 (Tommy Ettinger, public domain): one addition and two multiplications a draw. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One item of a list that is not empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** One item that is not the given one. */
  pickOther<T>(items: readonly T[], not: T): T {
    return this.pick(items.filter((item) => item !== not));
  }

  /** `count` different items in random order (Fisher-Yates on a copy, stopped early). */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    for (let index = 0; index < count; index++) {
      const chosen = this.integer(index, rest.length - 1);
      [rest[index], rest[chosen]] = [rest[chosen] as T, rest[index] as T];
    }
    return rest.slice(0, count);
  }
}
