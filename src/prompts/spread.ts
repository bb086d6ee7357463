import { sfc32, uniform } from '../arena/random';

/**
 * Puts ids in an order that spreads each cluster evenly over all of it (stratified, each cluster from a random offset): so many of a cluster
 * are in any stretch as its length asks for, give or take one, and up to the cluster's share of one more for each cluster there is.
 * Within a cluster ids keep their order; those without one are a cluster of their own.
 */
export function spread(ids: readonly string[], clusters: ReadonlyMap<string, number>, seed: number): string[] {
  const groups = new Map<number | undefined, string[]>();
  for (const id of ids) {
    const cluster = clusters.get(id);
    const group = groups.get(cluster);
    if (group) group.push(id);
    else groups.set(cluster, [id]);
  }
  const random = sfc32(seed);
  const grouped: string[] = [];
  // Numbers beside the ids, not objects: there may be a million.
  const places = new Float64Array(ids.length);
  for (const group of groups.values()) {
    const offset = uniform(random);
    group.forEach((id, index) => {
      places[grouped.length] = (index + offset) / group.length;
      grouped.push(id);
    });
  }
  const order = Uint32Array.from(places.keys()).sort((a, b) => places[a]! - places[b]! || a - b);
  return Array.from(order, (at) => grouped[at]!);
}
