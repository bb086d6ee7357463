interface Line<T> {
  /** Those who come back after a failure: they have waited already. */
  again: Set<T>;
  fresh: Set<T>;
}

/**
 * Takes turns between runs: each run that waits gets every n-th place, whatever the length of its line. Within a run those that
 * come again go first, then the order of arrival holds. A Set keeps that order and forgets who gives up in constant time.
 */
export class FairQueue<T> {
  /** In the order of their turns. */
  private readonly lines = new Map<string, Line<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(run: string, item: T, again: boolean): void {
    let line = this.lines.get(run);
    if (!line) this.lines.set(run, (line = { again: new Set(), fresh: new Set() }));
    (again ? line.again : line.fresh).add(item);
    this.count++;
  }

  remove(run: string, item: T): void {
    const line = this.lines.get(run);
    if (!line || !(line.again.delete(item) || line.fresh.delete(item))) return;
    this.count--;
    if (line.again.size + line.fresh.size === 0) this.lines.delete(run);
  }

  /** The next item; its run goes to the end. */
  take(): T | undefined {
    const [turn] = this.lines;
    if (!turn) return undefined;
    const [run, line] = turn;
    const from = line.again.size > 0 ? line.again : line.fresh;
    const [item] = from as Set<T> & { [Symbol.iterator](): IterableIterator<T> };
    from.delete(item as T);
    this.count--;
    this.lines.delete(run);
    if (line.again.size + line.fresh.size > 0) this.lines.set(run, line);
    return item;
  }
}
