import { setTimeout as sleep } from 'node:timers/promises';

export interface GroupCommitOptions {
  /** Rows of one statement at most. */
  maxRows?: number;
  /**
   * Milliseconds between the starts of two writes, at least: a quick database would otherwise be given one row at a time, which costs both
   * sides ten times the CPU. Far below what a model takes to answer, so that nobody waits for it.
   */
  everyMs?: number;
}

/**
 * Writes rows in groups: the first goes at once, those that arrive while a write is under way or within `everyMs` go together in the next.
 * `put` settles when its row is stored. What waits is bounded by who puts: a batch ends when its rows are stored, and so many batches run at once.
 */
export class GroupCommit<Row, Stored = void> {
  private waiting: { row: Row; resolve: (stored: Stored) => void; reject: (error: unknown) => void }[] = [];
  private writing = false;
  private lastStart = -Infinity;
  private readonly maxRows: number;
  private readonly everyMs: number;

  /** @param write stores the rows in one statement and returns one result for each, in their order. */
  constructor(
    private readonly write: (rows: Row[]) => Promise<Stored[]>,
    { maxRows = 200, everyMs = 20 }: GroupCommitOptions = {},
  ) {
    this.maxRows = maxRows;
    this.everyMs = everyMs;
  }

  put(row: Row): Promise<Stored> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject });
      if (!this.writing) void this.drain();
    });
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
