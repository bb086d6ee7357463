import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors';
import { writeFileAtomic, writePartsAtomic } from '../../files';
import type { TrainingRow } from '../rows';
import { CONVERT, datasetInfo, kindOf, type ExportForm, type RowKind } from './forms';
import { parquetPieces } from './parquet';

export interface Exported {
  /** The files written, the rows' own first. */
  files: string[];
  rows: number;
  sha256: string;
}

/** Rows that are joined for one write. */
const PIECE = 1000;

/**
 * Writes rows of one kind in a form: one file, and for LLaMA-Factory its `dataset_info.json` beside it. Rows are not held, but
 * those of one row group of Parquet, which writes columns.
 * @throws UserError where there is no row, or the form has none of this kind; then nothing is written.
 */
export async function exportRows(
  rows: AsyncIterable<TrainingRow> | Iterable<TrainingRow>,
  form: ExportForm,
  file: string,
): Promise<Exported> {
  const seen = { rows: 0, kind: null as RowKind | null };
  async function* checked(): AsyncGenerator<TrainingRow> {
    for await (const row of rows) {
      if (seen.kind === null) seen.kind = kindFor(form, row);
      seen.rows += 1;
      yield row;
    }
    if (seen.rows === 0) throw new UserError('The dataset has no row, so there is nothing to export.');
  }
  const sha256 = await writePartsAtomic(file, form === 'parquet' ? parquetPieces(checked()) : pieces(checked(), form));
  const written = { files: [file], rows: seen.rows, sha256 };
  if (form !== 'llama-factory' || seen.kind === null) return written;
  const info = join(dirname(file), 'dataset_info.json');
  const name = basename(file).replace(/\.\w+$/, '');
  await writeFileAtomic(info, `${JSON.stringify(datasetInfo(name, basename(file), seen.kind), null, 2)}\n`);
  return { ...written, files: [file, info] };
}

function kindFor(form: ExportForm, row: TrainingRow): RowKind {
  const kind = kindOf(row);
  if (CONVERT[form](row) === null)
    throw new UserError(
      `The form ${form} has no place for ${kind}: it takes answers and preference pairs. Choose another form, or another dataset.`,
    );
  return kind;
}

async function* pieces(rows: AsyncIterable<TrainingRow>, form: ExportForm): AsyncGenerator<string> {
  let lines: string[] = [];
  for await (const row of rows) {
    lines.push(`${JSON.stringify(CONVERT[form](row))}\n`);
    if (lines.length < PIECE) continue;
    yield lines.join('');
    lines = [];
  }
  yield lines.join('');
}
