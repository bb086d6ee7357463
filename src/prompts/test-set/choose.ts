import { seedFrom } from '../../identity';
import { shuffled } from '../shuffle';

/** So many ids of each cluster, at random by the seed; all of a smaller one. Clusters in ascending order. */
export function fromEachCluster(clusters: ReadonlyMap<string, number>, perCluster: number, seed: number): string[] {
  const groups = new Map<number, string[]>();
  for (const [id, cluster] of clusters) {
    const group = groups.get(cluster);
    if (group) group.push(id);
    else groups.set(cluster, [id]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .flatMap(([cluster, ids]) => shuffled(ids.toSorted(), seedFrom(seed, cluster)).slice(0, perCluster));
}

/** The most difficult ids that have a rating; among equally difficult ones the seed decides. */
export function mostDifficult(difficulties: ReadonlyMap<string, number | null>, top: number, seed: number): string[] {
  const rated = [...difficulties].flatMap(([id, rating]) => (rating === null ? [] : [{ id, rating }]));
  return shuffled(
    rated.sort((a, b) => (a.id < b.id ? -1 : 1)),
    seed,
  )
    .sort((a, b) => b.rating - a.rating)
    .slice(0, top)
    .map(({ id }) => id);
}
