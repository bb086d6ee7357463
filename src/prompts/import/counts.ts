import type { DropCount } from '../drops';

/** What became of a file's rows: `rows` = `added` + `repeated` + all drops. */
export interface ImportCounts {
  rows: number;
  /** New in the pool. */
  added: number;
  /** The same text as an earlier row of the pool. */
  repeated: number;
  /** Rows whose system turn was left out. */
  withoutSystem: number;
  drops: DropCount[];
}

export const emptyCounts = (): ImportCounts => ({ rows: 0, added: 0, repeated: 0, withoutSystem: 0, drops: [] });
