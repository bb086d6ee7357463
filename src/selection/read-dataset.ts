import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Pool } from 'pg';
import { UserError } from '../errors';
import { fileSha256 } from '../files';
import { loadDataset, type Dataset } from '../store/artifacts';
import type { TrainingRow } from './rows';

/** A stored dataset that a person has named. @throws UserError where there is none. */
export async function namedDataset(pool: Pool, id: string): Promise<Dataset> {
  const dataset = await loadDataset(pool, id);
  if (dataset) return dataset;
  throw new UserError(`There is no dataset ${id}. List a run's datasets: npx flywheel data list RUN`);
}

/**
 * Rows of a stored dataset, in their order, one line of JSON each. Nothing is given before the whole file is known to be right.
 * @throws UserError when the file is gone, or is not what was written.
 */
export async function* datasetLines({ id, path, sha256 }: Dataset): AsyncGenerator<string> {
  const found = await fileSha256(path).catch(() => {
    throw new UserError(
      `The dataset ${id} stands in ${path}, which cannot be read here. Restore the file, or run this where it is.`,
    );
  });
  if (found !== sha256)
    throw new UserError(
      `${path} is not what was written (sha256 differs). Restore the file, or roll back to the round that made it.`,
    );
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    if (line !== '') yield line;
}

/** Rows of a stored dataset from one on (from 1); see `datasetLines`. None but the one in hand is held. */
export async function* datasetRows(dataset: Dataset, from = 1): AsyncGenerator<TrainingRow> {
  let row = 0;
  for await (const line of datasetLines(dataset)) if (++row >= from) yield JSON.parse(line) as TrainingRow;
}
