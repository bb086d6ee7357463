/**
 * The games among n players, counted: all that Bradley-Terry needs. One cell for every pair that may have met,
 * with first < second; ties are half a win for each.
 */
export interface PairCounts {
  /** Number of players. */
  readonly size: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Games of each cell (sum of weights). */
  readonly games: Float64Array;
  /** What the first player scored in them, 0 ≤ scores ≤ games. */
  readonly scores: Float64Array;
}

/** The same games seen from the losing side: a rating becomes its negative. */
export function mirrored(counts: PairCounts): PairCounts {
  return { ...counts, scores: counts.scores.map((score, cell) => counts.games[cell]! - score) };
}

/** The games among some players only (renumbered in the given order, which must ascend), and which cells they were. */
export function among(counts: PairCounts, members: readonly number[]): { counts: PairCounts; cells: Int32Array } {
  if (members.length === counts.size) return { counts, cells: Int32Array.from(counts.first.keys()) };
  const place = new Int32Array(counts.size).fill(-1);
  members.forEach((player, index) => (place[player] = index));
  const cells = Int32Array.from(counts.first.keys()).filter(
    (cell) => place[counts.first[cell]!]! >= 0 && place[counts.second[cell]!]! >= 0,
  );
  return {
    cells,
    counts: {
      size: members.length,
      first: cells.map((cell) => place[counts.first[cell]!]!),
      second: cells.map((cell) => place[counts.second[cell]!]!),
      games: Float64Array.from(cells, (cell) => counts.games[cell]!),
      scores: Float64Array.from(cells, (cell) => counts.scores[cell]!),
    },
  };
}
