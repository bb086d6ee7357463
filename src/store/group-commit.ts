/**
 * Writes rows in groups: the first goes at once, those that arrive while a write is under way go together in the next.
 * So a row waits for one write at most, and many rows share a statement. `put` settles when its row is stored.
 */
export class GroupCommit<Row, Stored = void> {
  private waiting: { row: Row; resolve: (stored: Stored) => void; reject: (error: unknown) => void }[] = [];
  private writing = false;

  /** @param write stores the rows in one statement and returns one result for each, in their order. */
  constructor(
    private readonly write: (rows: Row[]) => Promise<Stored[]>,
    private readonly maxRows = 200,
  ) {}

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
