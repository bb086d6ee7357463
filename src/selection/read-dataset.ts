import { readFile } from 'node:fs/promises';
import { UserError } from '../errors';
import { sha256 } from '../identity';
import type { Dataset } from '../store/artifacts';
import type { TrainingRow } from './rows';

/**
 * Rows of a stored dataset, in their order.
 * @throws UserError when the file is gone, or is not what was written.
 */
export async function readDataset({ id, path, sha256: written }: Dataset): Promise<TrainingRow[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new UserError(
      `The dataset ${id} stands in ${path}, which cannot be read here. Restore the file, or run this where it is.`,
    );
  }
  if (sha256(text) !== written)
    throw new UserError(
      `${path} is not what was written (sha256 differs). Restore the file, or roll back to the round that made it.`,
    );
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TrainingRow);
}
