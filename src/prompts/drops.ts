/** Where something that was left out stands. */
export interface DropPlace {
  file: string;
  /** Line of a text file, row of a Parquet file; from 1. */
  line: number;
}

/** How many were left out for one reason, and where the first of them stand. */
export interface DropCount {
  reason: string;
  count: number;
  first: DropPlace[];
}

export interface DropCounter {
  add(reason: string, place: DropPlace): void;
  /** A copy, in the order in which the reasons came up. */
  counts(): DropCount[];
}

const PLACES_SHOWN = 3;

/** Counts by reason. `from`: counts to go on with. */
export function countDrops(from: readonly DropCount[] = []): DropCounter {
  const byReason = new Map(from.map((known) => [known.reason, structuredClone(known)]));
  return {
    add(reason, { file, line }) {
      const known = byReason.get(reason) ?? { reason, count: 0, first: [] };
      known.count += 1;
      if (known.first.length < PLACES_SHOWN) known.first.push({ file, line });
      byReason.set(reason, known);
    },
    counts: () => structuredClone([...byReason.values()]),
  };
}
