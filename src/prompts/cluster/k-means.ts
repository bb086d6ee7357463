import { setImmediate as breathe } from 'node:timers/promises';
import { sfc32, uniform, type Random } from '../../arena/random';
import { dotAt, type VectorTable } from '../embed/vectors';

export interface KMeansOptions {
  k: number;
  seed: number;
  /** Rows that one step looks at. */
  batch?: number;
  steps?: number;
}

/** Rows per cluster that the first centroids are chosen from, at most. */
const SEED_ROWS = 20;
const [BATCH, STEPS] = [512, 60];

/** Rows of a random sample that are as good as all rows to fit k centroids: no more are ever looked at. */
export const rowsToFit = (k: number): number => Math.max(k * SEED_ROWS, BATCH * STEPS);

/**
 * Mini-batch K-means (Sculley 2010) from k-means++ centroids (Arthur and Vassilvitskii 2007), which are chosen from a sample of 20 k rows:
 * each step moves the nearest centroids of some random rows towards them, ever more slowly. The same for the same rows, order and seed.
 * Others get their turn between the steps. Wants k from 1 to the number of rows.
 */
export async function fitCentroids(
  table: VectorTable,
  { k, seed, batch = BATCH, steps = STEPS }: KMeansOptions,
): Promise<VectorTable> {
  const { rows, dimensions, data } = table;
  const random = sfc32(seed);
  const centroids: VectorTable = { dimensions, rows: k, data: await firstCentroids(table, k, random) };
  const halfNorms = halfNormsOf(centroids);
  const seen = new Float64Array(k).fill(1);
  for (let step = 0; step < steps && rows > k; step++) {
    await breathe();
    const chosen = Array.from({ length: Math.min(batch, rows) }, () => Math.floor(uniform(random) * rows));
    const places = chosen.map((row) => nearestOf(centroids, halfNorms, data, row * dimensions).cluster);
    chosen.forEach((row, index) => {
      const cluster = places[index]!;
      const rate = 1 / ++seen[cluster]!;
      const [from, to] = [row * dimensions, cluster * dimensions];
      for (let at = 0; at < dimensions; at++)
        centroids.data[to + at]! += rate * (data[from + at]! - centroids.data[to + at]!);
    });
    for (const cluster of new Set(places)) halfNorms[cluster] = halfNorm(centroids, cluster);
  }
  return centroids;
}

export interface Clusters {
  /** The cluster of each row, from 0 to k - 1; none is empty. */
  assignment: Int32Array;
  /** Rows of each cluster. */
  sizes: Int32Array;
}

/** Gives rows, one after the other, to their nearest centroid. A cluster that stays empty gets the row that is furthest from its own. */
export function createAssignment(centroids: VectorTable, rows: number) {
  const halfNorms = halfNormsOf(centroids);
  const clusters: Clusters = { assignment: new Int32Array(rows), sizes: new Int32Array(centroids.rows) };
  const distances = new Float32Array(rows);
  let row = 0;
  return {
    add(vector: Float32Array): void {
      const { cluster, distance } = nearestOf(centroids, halfNorms, vector, 0);
      clusters.assignment[row] = cluster;
      distances[row] = distance;
      clusters.sizes[cluster]! += 1;
      row += 1;
    },
    finish(): Clusters {
      fillEmpty(clusters, distances);
      return clusters;
    },
  };
}

async function firstCentroids(
  { rows, dimensions, data }: VectorTable,
  k: number,
  random: Random,
): Promise<Float32Array> {
  const sample = sampled(rows, Math.min(rows, k * SEED_ROWS), random);
  const chosen = new Float32Array(k * dimensions);
  const gaps = new Float64Array(sample.length).fill(Infinity);
  const squares = Float64Array.from(sample, (row) => dotAt(data, row * dimensions, data, row * dimensions, dimensions));
  let next = Math.floor(uniform(random) * sample.length);
  for (let cluster = 0; cluster < k; cluster++) {
    if (cluster % 16 === 0) await breathe();
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
export function sampled(rows: number, size: number, random: Random): number[] {
  const sample: number[] = [];
  for (let row = 0; row < rows; row++) if (uniform(random) * (rows - row) < size - sample.length) sample.push(row);
  return sample;
}

/** Half the squared length of a centroid: what its distance to rows needs beside a dot product. */
const halfNorm = ({ data, dimensions }: VectorTable, cluster: number): number =>
  dotAt(data, cluster * dimensions, data, cluster * dimensions, dimensions) / 2;

const halfNormsOf = (centroids: VectorTable): Float64Array =>
  new Float64Array(centroids.rows).map((_, cluster) => halfNorm(centroids, cluster));

/** The nearest centroid; `distance` is half the squared one. */
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

function fillEmpty({ assignment, sizes }: Clusters, distances: Float32Array): void {
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
  }
}
