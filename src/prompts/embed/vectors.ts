/** Vectors as the rows of one array: row i begins at i × dimensions. */
export interface VectorTable {
  dimensions: number;
  rows: number;
  data: Float32Array;
}

/** @throws Error when two vectors differ in length. */
export function vectorTable(vectors: readonly Float32Array[]): VectorTable {
  const dimensions = vectors[0]?.length ?? 0;
  const data = new Float32Array(vectors.length * dimensions);
  vectors.forEach((vector, row) => {
    if (vector.length !== dimensions)
      throw new Error(`vector ${row} has ${vector.length} dimensions, the first one ${dimensions}`);
    data.set(vector, row * dimensions);
  });
  return { dimensions, rows: vectors.length, data };
}

/** Dot product of `dimensions` numbers, from the places `a` and `b` on; four sums, so that the processor need not wait. */
export function dotAt(left: Float32Array, a: number, right: Float32Array, b: number, dimensions: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let at = 0;
  for (; at + 3 < dimensions; at += 4) {
    s0 += left[a + at]! * right[b + at]!;
    s1 += left[a + at + 1]! * right[b + at + 1]!;
    s2 += left[a + at + 2]! * right[b + at + 2]!;
    s3 += left[a + at + 3]! * right[b + at + 3]!;
  }
  for (; at < dimensions; at++) s0 += left[a + at]! * right[b + at]!;
  return s0 + s1 + s2 + s3;
}

/** Makes a vector's length 1, in place; one without length stays. */
export function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dotAt(vector, 0, vector, 0, vector.length));
  if (length > 0) for (let at = 0; at < vector.length; at++) vector[at]! /= length;
  return vector;
}
