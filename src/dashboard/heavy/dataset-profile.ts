import type { Pool } from 'pg';
import { countTokens } from '../../selection/length';
import { datasetLines } from '../../selection/read-dataset';
import type { TrainingRow } from '../../selection/rows';
import type { Dataset } from '../../store/artifacts';

/** A histogram: bin i holds what lies in [edges[i], edges[i + 1]), the last one its upper edge too. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** How the rows of a dataset are distributed. */
export interface DatasetProfile {
  rows: number;
  /** Judge points between the chosen and the rejected answer, or the target's. */
  gaps: Histogram | null;
  /** Words and punctuation marks. */
  lengths: { prompt: Histogram | null; chosen: Histogram | null; rejected: Histogram | null };
  /** Share of the pairs whose chosen answer is the longer one; null without pairs. */
  longerChosen: number | null;
  /** Rows by cluster of their prompts, the largest first; empty where the run has none. */
  clusters: { cluster: number; rows: number }[];
  categories: { category: string | null; rows: number }[];
  rounds: { round: number; rows: number }[];
}

const BINS = 24;

/** Reads all rows once. @throws UserError where the file is gone, or is not what was written. */
export async function datasetProfile(pool: Pool, dataset: Dataset): Promise<DatasetProfile> {
  const gaps: number[] = [];
  const lengths = { prompt: [] as number[], chosen: [] as number[], rejected: [] as number[] };
  const prompts = new Map<string, number>();
  const rounds = new Map<number, number>();
  const pairs = { all: 0, longer: 0 };
  let rows = 0;
  for await (const line of datasetLines(dataset)) {
    const row = JSON.parse(line) as TrainingRow;
    rows += 1;
    if (row.meta.gap !== undefined) gaps.push(row.meta.gap);
    lengths.prompt.push(tokensOf(row.prompt));
    const chosen = 'completion' in row ? tokensOf(row.completion) : 'chosen' in row ? tokensOf(row.chosen) : null;
    const rejected = 'rejected' in row ? tokensOf(row.rejected) : null;
    if (chosen !== null) lengths.chosen.push(chosen);
    if (rejected !== null) lengths.rejected.push(rejected);
    if (chosen !== null && rejected !== null) {
      pairs.all += 1;
      if (chosen > rejected) pairs.longer += 1;
    }
    count(prompts, row.meta.prompt);
    count(rounds, row.meta.round);
  }
  const ids = [...prompts.keys()];
  const times = [...prompts.values()];
  return {
    rows,
    gaps: histogram(gaps),
    lengths: {
      prompt: histogram(lengths.prompt),
      chosen: histogram(lengths.chosen),
      rejected: histogram(lengths.rejected),
    },
    longerChosen: pairs.all > 0 ? pairs.longer / pairs.all : null,
    clusters: await clustersOf(pool, dataset.run, ids, times),
    categories: await categoriesOf(pool, ids, times),
    rounds: [...rounds].sort(([x], [y]) => x - y).map(([round, n]) => ({ round, rows: n })),
  };
}

const tokensOf = (messages: readonly { content: string }[]): number =>
  messages.reduce((sum, { content }) => sum + countTokens(content), 0);

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Equal bins up to the 99th percentile; what lies above is in the last one. Null without values. */
export function histogram(values: readonly number[], bins = BINS): Histogram | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const least = sorted[0]!;
  const most = sorted.at(-1)!;
  const high = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!;
  const width = (high - least) / bins;
  if (width === 0) return { edges: [least, most], counts: [values.length] };
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - least) / width))]! += 1;
  return { edges: [...counts.map((_, index) => least + index * width), most], counts };
}

async function clustersOf(
  pool: Pool,
  run: string,
  ids: readonly string[],
  times: readonly number[],
): Promise<DatasetProfile['clusters']> {
  const { rows } = await pool.query<{ cluster: number; rows: number }>(
    `select cluster, sum(times)::int as rows from unnest($2::text[], $3::int[]) as given(prompt, times)
       join splits on splits.split = (select split from runs where id = $1) and splits.prompt = given.prompt
      where cluster is not null group by cluster order by rows desc, cluster`,
    [run, ids, times],
  );
  return rows;
}

async function categoriesOf(
  pool: Pool,
  ids: readonly string[],
  times: readonly number[],
): Promise<DatasetProfile['categories']> {
  const { rows } = await pool.query<{ category: string | null; rows: number }>(
    `select category, sum(times)::int as rows from unnest($1::text[], $2::int[]) as given(prompt, times)
       join prompts on prompts.id = given.prompt group by category order by rows desc, category`,
    [ids, times],
  );
  return rows;
}
