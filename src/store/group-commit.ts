import { setTimeout as sleep } from 'node:timers/promises';

export interface GroupCommitOptions {
  /** Rows of one statement at most. */
  maxRows?: number;
  /**
   * Milliseconds between the starts of two writes, at least: a quick database would otherwise be given one row at a time, which costs both
   * sides ten times the CPU. Far below what a model takes to answer, so that nobody waits for it.
   */
  everyMs?: number;
  /** Milliseconds after which a write is overdue. */
  overdueMs?: number;
}

/**
 * Writes rows in groups: the first goes at once, those that arrive while a write is under way or within `everyMs` go together in the next.
 * `put` settles when its row is stored. What waits is bounded by who puts: while a write is `overdue`, nobody should pay for more.
 */
export class GroupCommit<Row, Stored = void> {
  private waiting: { row: Row; resolve: (stored: Stored) => void; reject: (error: unknown) => void }[] = [];
  private writing = false;
  /** The write under way: settles, and never rejects, when its rows are stored or refused. */
  private current: Promise<void> | null = null;
  private lastStart = -Infinity;
  private readonly maxRows: number;
  private readonly everyMs: number;
  private readonly overdueMs: number;

  /** @param write stores the rows in one statement and returns one result for each, in their order. */
  constructor(
    private readonly write: (rows: Row[]) => Promise<Stored[]>,
    { maxRows = 200, everyMs = 20, overdueMs = 250 }: GroupCommitOptions = {},
  ) {
    this.maxRows = maxRows;
    this.everyMs = everyMs;
    this.overdueMs = overdueMs;
  }

  put(row: Row): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject });
      if (!this.writing) void this.drain();
    });
  }

  /**
   * While the database stands still: settles when it has answered. Null otherwise. Who waits for it before he pays for a further row
   * keeps small what a kill would lose.
   */
  overdue(): Promise<void> | null {
    return performance.now() - this.lastStart > this.overdueMs ? this.current : null;
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
      this.current = this.write(group.map(({ row }) => row)).then(
        (stored) => group.forEach(({ resolve }, index) => resolve(stored[index] as Stored)),
        (error: unknown) => group.forEach(({ reject }) => reject(error)),
      );
      await this.current;
      this.current = null;
    }
    this.writing = false;
  }
}
