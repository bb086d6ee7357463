import { multinomialSampler } from './multinomial';
import { addOuter, mirrorLower, type Units } from './units';

/**
 * What is resampled as a whole, counted. Kind u comes up multiplicity[u] times in the data; its games lie at
 * offsets[u] … offsets[u + 1] of cell, games and scores (as in PairCounts).
 */
export interface Clusters {
  readonly multiplicity: Float64Array;
  readonly offsets: Int32Array;
  readonly cell: Int32Array;
  readonly games: Float64Array;
  readonly scores: Float64Array;
}

/** Gathers the rows of each unit, one entry per cell, in the order of cells whatever the order of rows. */
export function group(
  unit: Int32Array,
  units: number,
  cell: Int32Array,
  weight: Float64Array,
  scored: Float64Array,
  cells: number,
): Clusters {
  const order = sortedBy(unit, units, sortedBy(cell, cells, Int32Array.from(unit.keys())));
  const offsets = new Int32Array(units + 1);
  const outCell = new Int32Array(order.length);
  const games = new Float64Array(order.length);
  const scores = new Float64Array(order.length);
  let entries = 0;
  let before = -1;
  for (const row of order) {
    const isNew = before < 0 || unit[row] !== unit[before] || cell[row] !== cell[before];
    if (isNew) outCell[entries++] = cell[row]!;
    games[entries - 1]! += weight[row]!;
    scores[entries - 1]! += scored[row]!;
    offsets[unit[row]! + 1] = entries;
    before = row;
  }
  return {
    multiplicity: new Float64Array(units).fill(1),
    offsets,
    cell: outCell.slice(0, entries),
    games: games.slice(0, entries),
    scores: scores.slice(0, entries),
  };
}

/** The rows, stably sorted by a key in 0 … keys - 1 (counting sort). */
function sortedBy(key: Int32Array, keys: number, rows: Int32Array): Int32Array {
  const next = new Int32Array(keys + 1);
  for (const k of key) next[k + 1]! += 1;
  for (let k = 0; k < keys; k++) next[k + 1]! += next[k]!;
  const out = new Int32Array(rows.length);
  for (const row of rows) out[next[key[row]!]!++] = row;
  return out;
}

/** Counts equal clusters once: battles of one pair have few outcomes, so that resampling them costs no more for a million. */
export function merged({ offsets, cell, games, scores }: Clusters): Clusters {
  /** cell → games → scores → kind. A battle id that was used for several pairs is a kind of its own. */
  const kinds = new Map<number | string, Map<number, Map<number, number>>>();
  const example: number[] = [];
  const multiplicity: number[] = [];
  for (let unit = 0; unit + 1 < offsets.length; unit++) {
    const at = offsets[unit]!;
    const key = offsets[unit + 1]! - at === 1 ? cell[at]! : `several ${unit}`;
    const byGames = entry(kinds, key, () => new Map<number, Map<number, number>>());
    const byScores = entry(byGames, games[at]!, () => new Map<number, number>());
    const kind = entry(byScores, scores[at]!, () => example.push(unit) - 1);
    multiplicity[kind] = (multiplicity[kind] ?? 0) + 1;
  }
  const order = [...example.keys()].sort((x, y) => {
    const p = offsets[example[x]!]!;
    const q = offsets[example[y]!]!;
    return cell[p]! - cell[q]! || games[p]! - games[q]! || scores[p]! - scores[q]! || x - y;
  });
  const entries: number[] = [];
  const ends = order.map((kind) => {
    for (let at = offsets[example[kind]!]!; at < offsets[example[kind]! + 1]!; at++) entries.push(at);
    return entries.length;
  });
  return {
    multiplicity: Float64Array.from(order, (kind) => multiplicity[kind]!),
    offsets: Int32Array.from([0, ...ends]),
    cell: Int32Array.from(entries, (at) => cell[at]!),
    games: Float64Array.from(entries, (at) => games[at]!),
    scores: Float64Array.from(entries, (at) => scores[at]!),
  };
}

function restricted(clusters: Clusters, cells: Int32Array, cellCount: number): Clusters {
  if (cells.length === cellCount) return clusters;
  const place = new Int32Array(cellCount).fill(-1);
  cells.forEach((cell, index) => (place[cell] = index));
  const kept = Int32Array.from(clusters.cell.keys()).filter((at) => place[clusters.cell[at]!]! >= 0);
  const offsets = new Int32Array(clusters.offsets.length);
  for (let unit = 0, at = 0; unit < clusters.multiplicity.length; unit++) {
    while (at < kept.length && kept[at]! < clusters.offsets[unit + 1]!) at += 1;
    offsets[unit + 1] = at;
  }
  return {
    multiplicity: clusters.multiplicity,
    offsets,
    cell: kept.map((at) => place[clusters.cell[at]!]!),
    games: Float64Array.from(kept, (at) => clusters.games[at]!),
    scores: Float64Array.from(kept, (at) => clusters.scores[at]!),
  };
}

/** Clusters as what is resampled; of `cells` cells. */
export function clusterUnits(clusters: Clusters, cells: number): Units {
  const { multiplicity, offsets, cell, games, scores } = clusters;
  return {
    count: multiplicity.reduce((sum, count) => sum + count, 0),
    among: (some) => clusterUnits(restricted(clusters, some, cells), some.length),
    resampler(random) {
      const times = new Float64Array(multiplicity.length);
      const sample = multinomialSampler(multiplicity, random);
      return (into) => {
        sample(times);
        into.games.fill(0);
        into.scores.fill(0);
        for (let unit = 0; unit < times.length; unit++) {
          const count = times[unit]!;
          if (count === 0) continue;
          for (let at = offsets[unit]!; at < offsets[unit + 1]!; at++) {
            into.games[cell[at]!]! += count * games[at]!;
            into.scores[cell[at]!]! += count * scores[at]!;
          }
        }
      };
    },
    meat({ size, first, second }, expected) {
      const meat = new Float64Array(size * size);
      const residual = new Float64Array(size);
      for (let unit = 0; unit < multiplicity.length; unit++) {
        residual.fill(0);
        for (let at = offsets[unit]!; at < offsets[unit + 1]!; at++) {
          const here = cell[at]!;
          const beyond = scores[at]! - games[at]! * expected[here]!;
          residual[first[here]!]! += beyond;
          residual[second[here]!]! -= beyond;
        }
        addOuter(meat, residual, multiplicity[unit]!);
      }
      return mirrorLower(meat, size);
    },
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
