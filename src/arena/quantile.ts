/**
 * Quantile of ascending values (which may hold ±∞) by numpy's default rule: linear between the two nearest order statistics.
 * Errors: an empty list has no quantile.
 */
export function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) throw new RangeError('quantile of an empty list');
  const position = share * (sorted.length - 1);
  const index = Math.floor(position);
  const low = sorted[index]!;
  const high = sorted[Math.min(index + 1, sorted.length - 1)]!;
  // An end of the line is met at once: no sum of it makes a finite number, and ∞ - ∞ is none.
  if (low === high || position === index || low === -Infinity) return low;
  return low + (position - index) * (high - low);
}
