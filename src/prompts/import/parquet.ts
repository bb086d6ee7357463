import { InputError } from '../../arena/input-error';
import { messageOf } from '../../errors';
import type { RawRecord } from './record';

/** Rows decoded at a time, so that a file of one huge row group does not fill the memory. */
const ROWS = 10_000;

/**
 * The rows of a Parquet file, row group by row group; `line` is the row, from 1.
 * Errors (InputError): the file is broken, cut off or compressed in a way that is not known.
 */
export async function* readParquet(file: string): AsyncGenerator<RawRecord[]> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  try {
    const bytes = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(bytes);
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      for (let rowStart = groupStart; rowStart < groupEnd; rowStart += ROWS) {
        const rowEnd = Math.min(groupEnd, rowStart + ROWS);
        const rows = await parquetReadObjects({ file: bytes, metadata, compressors, rowStart, rowEnd });
        yield rows.map((value, index) => ({ line: rowStart + index + 1, value }));
      }
      groupStart = groupEnd;
    }
  } catch (error) {
    throw new InputError(`is no Parquet file that can be read (${messageOf(error)}); copy or write it again`, { file });
  }
}
