import type { Pool } from 'pg';
import type { Artifacts } from '../artifacts/artifacts';
import { UserError } from '../errors';
import { datasetLines, datasetRows, namedDataset } from '../selection/read-dataset';
import type { TrainingRow } from '../selection/rows';
import { datasetsOf, type Dataset } from '../store/artifacts';
import {
  namesOf,
  traceAnswers,
  traceBattles,
  tracePrompt,
  type TracedAnswer,
  type TracedBattle,
  type TracedPrompt,
} from '../store/lineage';

/** A training row with all that it came from. */
export interface RowTrace {
  /** `dataset#row`, rows from 1. */
  row: string;
  kind: string;
  /** The round and stage whose battles made it: data accumulate, so the dataset may be a later one. */
  madeIn: { run: string; round: number; stage: string };
  chosen: string | null;
  rejected: string | null;
  gap: number | null;
  prompt: TracedPrompt;
  answers: TracedAnswer[];
  battles: TracedBattle[];
}

/** A prompt with all that became of it in a run. */
export interface PromptTrace {
  prompt: TracedPrompt;
  battles: TracedBattle[];
  /** Rows that it became, as `dataset#row`. */
  rows: { row: string; kind: string; chosen: string | null; rejected: string | null; gap: number | null }[];
  /** Datasets of the run whose files could not be read here. */
  unread: string[];
}

/**
 * Follows one row (`dataset#row`, rows from 1) back to its battles, games, judge texts, prompt and source.
 * @throws UserError for a dataset or row that there is not.
 */
export async function traceRow(
  pool: Pool,
  dataset: string,
  number: number,
  artifacts: Pick<Artifacts, 'fetch'>,
): Promise<RowTrace> {
  const stored = await namedDataset(pool, dataset);
  await artifacts.fetch(stored.path, stored.sha256);
  const { value: row } = await datasetRows(stored, number).next();
  if (!row) throw new UserError(`${dataset} has ${stored.rows} rows; there is no row ${number}.`);
  return traceRead(pool, stored, number, row);
}

/** As `traceRow`, of a row that has been read already. */
export async function traceRead(
  pool: Pool,
  { id: dataset, kind }: Pick<Dataset, 'id' | 'kind'>,
  number: number,
  row: TrainingRow,
): Promise<RowTrace> {
  const { meta } = row;
  const prompt = await tracePrompt(pool, meta.prompt);
  if (!prompt) throw new UserError(`The prompt ${meta.prompt} of ${dataset}#${number} is not in this database.`);
  const players = [meta.chosen, meta.rejected].filter((id) => id !== undefined);
  const name = await namesOf(pool, players);
  return {
    row: `${dataset}#${number}`,
    kind,
    madeIn: { run: meta.run, round: meta.round, stage: meta.stage },
    ...choiceOf(row, name),
    prompt,
    answers: await traceAnswers(pool, prompt.id, players),
    battles: await traceBattles(pool, { battles: meta.battles }),
  };
}

/**
 * Follows a prompt (its id or the beginning of it) to every battle and every training row of a run.
 * @throws UserError where no single prompt begins so.
 */
export async function tracePromptIn(
  pool: Pool,
  run: string,
  id: string,
  artifacts: Pick<Artifacts, 'fetch'>,
): Promise<PromptTrace> {
  const prompt = await tracePrompt(pool, id);
  if (!prompt) throw new UserError(`No prompt, or more than one, has an id that begins with ${id}.`);
  const found: { row: string; made: TrainingRow; dataset: Dataset }[] = [];
  const unread: string[] = [];
  for (const dataset of await datasetsOf(pool, run)) {
    try {
      await artifacts.fetch(dataset.path, dataset.sha256);
      let number = 0;
      for await (const line of datasetLines(dataset)) {
        number += 1;
        // Most lines are another prompt's, which this sees without reading them whole.
        if (!line.includes(prompt.id)) continue;
        const made = JSON.parse(line) as TrainingRow;
        if (made.meta.prompt === prompt.id) found.push({ row: `${dataset.id}#${number}`, made, dataset });
      }
    } catch (error) {
      if (!UserError.isInstance(error)) throw error;
      unread.push(dataset.id);
    }
  }
  const players = found
    .flatMap(({ made }) => [made.meta.chosen, made.meta.rejected])
    .filter((player) => player !== undefined);
  const name = await namesOf(pool, players);
  return {
    prompt,
    battles: await traceBattles(pool, { run, prompt: prompt.id }),
    rows: found.map(({ row, made, dataset }) => ({ row, kind: dataset.kind, ...choiceOf(made, name) })),
    unread,
  };
}

function choiceOf({ meta }: TrainingRow, name: (id: string) => string) {
  return {
    chosen: meta.chosen === undefined ? null : name(meta.chosen),
    rejected: meta.rejected === undefined ? null : name(meta.rejected),
    gap: meta.gap ?? null,
  };
}
