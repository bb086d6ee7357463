import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors';
import { writeFileAtomic } from '../../files';
import type { TrainingRow } from '../rows';
import { CONVERT, datasetInfo, kindOf, type ExportForm } from './forms';
import { parquetOf } from './parquet';

export interface Exported {
  /** The files written, the rows' own first. */
  files: string[];
  rows: number;
  sha256: string;
}

/**
 * Writes rows of one kind in a form: one file, and for LLaMA-Factory its `dataset_info.json` beside it.
 * @throws UserError where there is no row, or the form has none of this kind.
 */
export async function exportRows(rows: readonly TrainingRow[], form: ExportForm, file: string): Promise<Exported> {
  const [first] = rows;
  if (!first) throw new UserError('The dataset has no row, so there is nothing to export.');
  const kind = kindOf(first);
  if (CONVERT[form](first) === null)
    throw new UserError(
      `The form ${form} has no place for ${kind}: it takes answers and preference pairs. Choose another form, or another dataset.`,
    );
  await mkdir(dirname(file), { recursive: true });
  if (form === 'parquet')
    return { files: [file], rows: rows.length, sha256: await writeFileAtomic(file, await parquetOf(rows)) };
  const lines = rows.map((row) => `${JSON.stringify(CONVERT[form](row))}\n`);
  const written = { files: [file], rows: rows.length, sha256: await writeFileAtomic(file, lines.join('')) };
  if (form !== 'llama-factory') return written;
  const info = join(dirname(file), 'dataset_info.json');
  const name = basename(file).replace(/\.\w+$/, '');
  await writeFileAtomic(info, `${JSON.stringify(datasetInfo(name, basename(file), kind), null, 2)}\n`);
  return { ...written, files: [file, info] };
}
