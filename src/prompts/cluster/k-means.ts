import { sfc32, uniform, type Random } from '../../arena/random';
import { UserError } from '../../errors';
import { dotAt, type VectorTable } from '../embed/vectors';

export interface Clusters {
  /** The cluster of each row, from 0 to k - 1; none is empty. */
  assignment: Int32Array;
  /** Rows of each cluster. */
  sizes: Int32Array;
  centroids: VectorTable;
}

export interface KMeansOptions {
  k: number;
  seed: number;
  /** Rows that one step looks at. */
  batch?: number;
  steps?: number;
}

/** Rows per cluster that the first centroids are chosen from, at most. */
const SEED_ROWS = 20;

/**
 * Mini-batch K-means (Sculley 2010) from k-means++ centroids (Arthur and Vassilvitskii 2007), which are chosen from a sample of 20 k rows:
 * each step moves the nearest centroids of some random rows towards them, ever more slowly. An empty cluster gets the row
 * that is furthest from its centroid. The same for the same rows, order and seed.
 * Errors (UserError): k below 1, or more than rows.
 */
export function kMeans(table: VectorTable, { k, seed, batch = 512, steps = 60 }: KMeansOptions): Clusters {
  const { rows, dimensions, data } = table;
  if (!Number.isInteger(k) || k < 1 || k > rows)
    throw new UserError(`${k} clusters of ${rows} prompts: give a whole number from 1 to ${rows}.`);
  const random = sfc32(seed);
  const centroids: VectorTable = { dimensions, rows: k, data: firstCentroids(table, k, random) };
  const halfNorms = new Float64Array(k).map((_, cluster) => halfNorm(centroids, cluster));
  const nearest = (row: number) => nearestOf(centroids, halfNorms, data, row * dimensions);

  const seen = new Float64Array(k).fill(1);
  for (let step = 0; step < steps && rows > k; step++) {
    const chosen = Array.from({ length: Math.min(batch, rows) }, () => Math.floor(uniform(random) * rows));
    const places = chosen.map((row) => nearest(row).cluster);
    const moved = new Set(places);
    chosen.forEach((row, index) => {
      const cluster = places[index]!;
      const rate = 1 / ++seen[cluster]!;
      const [from, to] = [row * dimensions, cluster * dimensions];
      for (let at = 0; at < dimensions; at++)
        centroids.data[to + at]! += rate * (data[from + at]! - centroids.data[to + at]!);
    });
    for (const cluster of moved) halfNorms[cluster] = halfNorm(centroids, cluster);
  }

  const assignment = new Int32Array(rows);
  const distances = new Float64Array(rows);
  const sizes = new Int32Array(k);
  for (let row = 0; row < rows; row++) {
    const { cluster, distance } = nearest(row);
    assignment[row] = cluster;
    distances[row] = distance;
    sizes[cluster]! += 1;
  }
  fillEmpty(table, centroids, { assignment, distances, sizes });
  return { assignment, sizes, centroids };
}

function firstCentroids({ rows, dimensions, data }: VectorTable, k: number, random: Random): Float32Array {
  const sample = sampled(rows, Math.min(rows, k * SEED_ROWS), random);
  const chosen = new Float32Array(k * dimensions);
  const gaps = new Float64Array(sample.length).fill(Infinity);
  const squares = Float64Array.from(sample, (row) => dotAt(data, row * dimensions, data, row * dimensions, dimensions));
  let next = Math.floor(uniform(random) * sample.length);
  for (let cluster = 0; cluster < k; cluster++) {
    const from = sample[next]! * dimensions;
    chosen.set(data.subarray(from, from + dimensions), cluster * dimensions);
    const own = squares[next]!;
    gaps[next] = 0;
    let total = 0;
    for (let index = 0; index < sample.length; index++) {
      const row = sample[index]! * dimensions;
      if (gaps[index]! > 0) {
        const gap = own + squares[index]! - 2 * dotAt(data, row, data, from, dimensions);
        gaps[index] = Math.min(gaps[index]!, Math.max(gap, Number.MIN_VALUE));
      }
      total += gaps[index]!;
    }
    let left = uniform(random) * total;
    next = gaps.findIndex((gap) => gap > 0 && (left -= gap) <= 0);
    if (next < 0) next = gaps.findLastIndex((gap) => gap > 0);
  }
  return chosen;
}

/** Different rows at random, ascending. */
function sampled(rows: number, size: number, random: Random): number[] {
  const sample: number[] = [];
  for (let row = 0; row < rows; row++) if (uniform(random) * (rows - row) < size - sample.length) sample.push(row);
  return sample;
}

/** Half the squared length of a centroid: what its distance to rows needs beside a dot product. */
const halfNorm = ({ data, dimensions }: VectorTable, cluster: number): number =>
  dotAt(data, cluster * dimensions, data, cluster * dimensions, dimensions) / 2;

/** The nearest centroid; `distance` is half the squared one, less what is the same for all centroids. */
function nearestOf(
  { rows, dimensions, data: centroids }: VectorTable,
  halfNorms: Float64Array,
  data: Float32Array,
  from: number,
): { cluster: number; distance: number } {
  let cluster = 0;
  let distance = Infinity;
  for (let one = 0; one < rows; one++) {
    const gap = halfNorms[one]! - dotAt(centroids, one * dimensions, data, from, dimensions);
    if (gap >= distance) continue;
    cluster = one;
    distance = gap;
  }
  return { cluster, distance: distance + dotAt(data, from, data, from, dimensions) / 2 };
}

function fillEmpty(
  { data, dimensions }: VectorTable,
  centroids: VectorTable,
  { assignment, distances, sizes }: { assignment: Int32Array; distances: Float64Array; sizes: Int32Array },
): void {
  const empty = [...sizes.keys()].filter((cluster) => sizes[cluster] === 0);
  if (empty.length === 0) return;
  const furthest = [...distances.keys()].sort((a, b) => distances[b]! - distances[a]! || a - b);
  for (const row of furthest) {
    if (sizes[assignment[row]!]! < 2) continue;
    const cluster = empty.shift();
    if (cluster === undefined) return;
    sizes[assignment[row]!]! -= 1;
    assignment[row] = cluster;
    sizes[cluster] = 1;
    centroids.data.set(data.subarray(row * dimensions, (row + 1) * dimensions), cluster * dimensions);
  }
}
