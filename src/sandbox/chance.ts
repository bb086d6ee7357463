import { createHash } from 'node:crypto';

type Parts = readonly (string | number)[];

/** A number in [0, 1), the same for the same parts. */
export function share(...parts: Parts): number {
  return digest(parts).readUInt32BE(0) / 2 ** 32;
}

/** A number in [-1, 1] with a triangular distribution (the sum of two uniform bytes), the same for the same parts. */
export function triangular(...parts: Parts): number {
  const [one = 0, two = 0] = digest(parts);
  return (one + two - 255) / 255;
}

function digest(parts: Parts): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
