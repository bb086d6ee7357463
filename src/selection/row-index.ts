import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError } from '../errors';
import type { Dataset } from '../store/artifacts';
import type { TrainingRow } from './rows';

const LINE_FEED = 0x0a;

/** Rows of a dataset's file by their number, without reading what stands before them. */
export interface RowIndex {
  rows: number;
  /** Rows `from` (from 1) and those after it, `count` at most. */
  read(from: number, count: number): Promise<TrainingRow[]>;
}

/**
 * Finds where each row of a dataset begins; one pass over the file, which is not hashed.
 * @throws UserError when the file is gone.
 */
export async function indexRows({ id, path }: Pick<Dataset, 'id' | 'path'>): Promise<RowIndex> {
  const starts: number[] = [0];
  let size = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1))
        starts.push(size + at + 1);
      size += chunk.length;
    }
  } catch {
    throw new UserError(
      `The dataset ${id} stands in ${path}, which cannot be read here. Restore the file, or run this where it is.`,
    );
  }
  if (starts.at(-1) !== size) starts.push(size);
  const rows = starts.length - 1;
  return {
    rows,
    async read(from, count) {
      const [first, last] = [Math.max(0, from - 1), Math.min(rows, from - 1 + count)];
      if (first >= last) return [];
      const [begin, end] = [starts[first]!, starts[last]!];
      const file = await open(path);
      try {
        const { buffer } = await file.read(Buffer.alloc(end - begin), 0, end - begin, begin);
        const lines = buffer.toString('utf8').split('\n');
        return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TrainingRow);
      } finally {
        await file.close();
      }
    },
  };
}
