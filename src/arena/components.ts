import type { PairCounts } from './pair-counts';

/**
 * Who met whom, as lists: the cells of player i are cells[offsets[i] … offsets[i + 1]). Depends on the cells only, so it
 * serves every resample of their counts.
 */
export interface Meetings {
  readonly offsets: Int32Array;
  readonly cells: Int32Array;
}

export function meetings(counts: PairCounts): Meetings {
  const offsets = new Int32Array(counts.size + 1);
  for (const side of [counts.first, counts.second]) for (const player of side) offsets[player + 1]! += 1;
  for (let i = 0; i < counts.size; i++) offsets[i + 1]! += offsets[i]!;
  const next = offsets.slice();
  const cells = new Int32Array(2 * counts.first.length);
  for (let cell = 0; cell < counts.first.length; cell++) {
    cells[next[counts.first[cell]!]!++] = cell;
    cells[next[counts.second[cell]!]!++] = cell;
  }
  return { offsets, cells };
}

/**
 * Players that a chain of results links with `start`: downwards, everyone it scored against, whom those scored against, and so
 * on; upwards the reverse. 1 for a member, `start` included.
 */
export function reach(counts: PairCounts, { offsets, cells }: Meetings, start: number, upwards = false): Uint8Array {
  const reached = new Uint8Array(counts.size);
  const queue = [start];
  reached[start] = 1;
  let missing = counts.size - 1;
  while (queue.length > 0 && missing > 0) {
    const player = queue.pop()!;
    for (let at = offsets[player]!; at < offsets[player + 1]!; at++) {
      const cell = cells[at]!;
      const isFirst = counts.first[cell] === player;
      const other = isFirst ? counts.second[cell]! : counts.first[cell]!;
      if (reached[other] === 1) continue;
      const scoreOfFirst = counts.scores[cell]!;
      if ((isFirst !== upwards ? scoreOfFirst : counts.games[cell]! - scoreOfFirst) > 0) {
        reached[other] = 1;
        missing -= 1;
        queue.push(other);
      }
    }
  }
  return reached;
}

/**
 * Whether the maximum of the likelihood exists and is unique: a chain of scored games leads from everyone to everyone.
 * Source: Ford, Am. Math. Monthly 64 (1957), 28-33.
 */
export function isConnected(counts: PairCounts, met: Meetings): boolean {
  if (counts.size === 0) return true;
  return !reach(counts, met, 0).includes(0) && !reach(counts, met, 0, true).includes(0);
}

/** The strongly connected groups, each with ascending players; inside each of them the ratings are finite. */
export function components(counts: PairCounts, met: Meetings = meetings(counts)): number[][] {
  const groups: number[][] = [];
  const seen = new Uint8Array(counts.size);
  for (let player = 0; player < counts.size; player++) {
    if (seen[player] === 1) continue;
    const below = reach(counts, met, player);
    const above = reach(counts, met, player, true);
    const group: number[] = [];
    for (let other = player; other < counts.size; other++)
      if (below[other] === 1 && above[other] === 1) group.push(other);
    for (const other of group) seen[other] = 1;
    groups.push(group);
  }
  return groups;
}
