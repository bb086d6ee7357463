import type { Choice } from './select';

/**
 * At most `max` choices per cluster of prompts, those with the largest gaps (equal gaps: by prompt id), in the order they
 * came in. A prompt without a cluster is a cluster of its own. Returns how many were left out.
 */
export function capPerCluster(
  choices: readonly Choice[],
  clusterOf: (prompt: string) => string | null,
  max: number,
): { choices: Choice[]; left: number } {
  const clusters = new Map<string, Choice[]>();
  const kept = new Set<Choice>();
  for (const choice of choices) {
    const cluster = clusterOf(choice.prompt);
    if (cluster === null) kept.add(choice);
    else if (clusters.has(cluster)) clusters.get(cluster)?.push(choice);
    else clusters.set(cluster, [choice]);
  }
  for (const members of clusters.values())
    for (const choice of members.sort((x, y) => y.gap - x.gap || (x.prompt < y.prompt ? -1 : 1)).slice(0, max))
      kept.add(choice);
  return { choices: choices.filter((choice) => kept.has(choice)), left: choices.length - kept.size };
}
