import type { Datasets } from '../../../../src/dashboard/schemas/data';

type Dataset = Datasets['datasets'][number];

const PAIRS = new Set(['dpo', 'reward']);

/** The dataset that the page opens on: the newest of pairs, which has all there is to show, before what a rollback abandoned. */
export function firstShown<One extends Pick<Dataset, 'kind' | 'superseded'>>(
  datasets: readonly One[],
): One | undefined {
  const standing = datasets.filter(({ superseded }) => !superseded);
  return standing.findLast(({ kind }) => PAIRS.has(kind)) ?? standing.at(-1) ?? datasets.at(-1);
}
