import { setTimeout as sleep } from 'node:timers/promises';

export interface GroupCommitOptions {
  /** Rows of one statement at most. */
  maxRows?: number;
  /**
   * Milliseconds between the starts of two writes, at least: a quick database would otherwise be given one row at a time, which costs both
   * sides ten times the CPU. Far below what a model takes to answer, so that nobody waits for it.
   */
  everyMs?: number;
  /** Rows that may wait before `room` makes who would bring more wait. */
  bound?: number;
}

/**
 * Writes rows in groups: the first goes at once, those that arrive while a write is under way or within `everyMs` go together in the next.
 * `put` settles when its row is stored.
 */
export class GroupCommit<Row, Stored = void> {
  private waiting: { row: Row; resolve: (stored: Stored) => void; reject: (error: unknown) => void }[] = [];
  private blocked: (() => void)[] = [];
  private writing = false;
  private lastStart = -Infinity;
  private readonly maxRows: number;
  private readonly everyMs: number;
  private readonly bound: number;

  /** @param write stores the rows in one statement and returns one result for each, in their order. */
  constructor(
    private readonly write: (rows: Row[]) => Promise<Stored[]>,
    { maxRows = 200, everyMs = 20, bound = 1000 }: GroupCommitOptions = {},
  ) {
    this.maxRows = maxRows;
    this.everyMs = everyMs;
    this.bound = bound;
  }

  put(row: Row): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject });
      if (!this.writing) void this.drain();
    });
  }

  /** Settles when fewer than `bound` rows wait: what costs money is not begun while the database does not follow. Undefined: at once. */
  room(): Promise<void> | undefined {
    if (this.waiting.length < this.bound) return undefined;
    return new Promise((resolve) => this.blocked.push(resolve));
  }

  private async drain(): Promise<void> {
    this.writing = true;
    // Rows of one tick belong together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const pause = this.lastStart + this.everyMs - performance.now();
      if (pause > 0 && this.waiting.length < this.maxRows) await sleep(pause);
      this.lastStart = performance.now();
      const group = this.waiting.splice(0, this.maxRows);
      if (this.waiting.length < this.bound) for (const go of this.blocked.splice(0)) go();
      try {
        const stored = await this.write(group.map(({ row }) => row));
        group.forEach(({ resolve }, index) => resolve(stored[index] as Stored));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.writing = false;
  }
}
