import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { InputError } from '../../arena/input-error';
import { messageOf, UserError } from '../../errors';
import { addToPool, finishPoolFile, openPoolFile, type PoolFile } from '../../store/prompt-pool';
import { countDrops } from '../drops';
import type { ImportCounts } from './counts';
import { importFile, type ImportedBatch, type ImportOptions } from './import-file';

export interface FileReport extends ImportCounts {
  file: string;
  /** The pool had this file already, under this or another name. */
  known: boolean;
}

/** Told after each stored batch. */
export type OnProgress = (progress: { file: string; rows: number }) => void;

/**
 * Imports files into a pool, each batch in one transaction with the file's position: after a kill at any moment the same call
 * goes on behind the last batch, and the pool becomes what it would have been. A file that is imported already costs one reading.
 * Errors (InputError): see `readRecords`; what was read before the broken place stays.
 */
export async function importIntoPool(
  db: Pool,
  pool: string,
  files: readonly string[],
  options: ImportOptions & { onProgress?: OnProgress } = {},
): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  for (const file of files) reports.push(await importOne(db, pool, file, options));
  return reports;
}

async function importOne(
  db: Pool,
  pool: string,
  file: string,
  { licence, onProgress }: ImportOptions & { onProgress?: OnProgress },
): Promise<FileReport> {
  const sha256 = await sha256OfFile(file);
  const known = await openPoolFile(db, pool, { sha256, name: file });
  if (known.finished) return { file, known: true, ...known.counts };
  let counts = known.counts;
  let from = known.rowsRead;
  for await (const batch of importFile(file, { licence })) {
    // Read before the kill; only the ids in it are of use.
    if (batch.rows <= from) continue;
    counts = await store(db, pool, { file, sha256, known, from, counts }, batch);
    from = batch.rows;
    onProgress?.({ file, rows: from });
  }
  await finishPoolFile(db, pool, sha256);
  return { file, known: false, ...counts };
}

interface Position {
  file: string;
  sha256: string;
  known: PoolFile;
  from: number;
  counts: ImportCounts;
}

async function store(
  db: Pool,
  pool: string,
  { file, sha256, known, from, counts }: Position,
  { prompts, drops, rows, withoutSystem }: ImportedBatch,
): Promise<ImportCounts> {
  const counter = countDrops(counts.drops);
  for (const { reason, line } of drops) counter.add(reason, { file, line });
  const place = { number: known.number, sha256, from, rowsRead: rows };
  const stored = await addToPool(db, pool, place, prompts, (added) => ({
    rows,
    added: counts.added + added,
    repeated: counts.repeated + prompts.length - added,
    withoutSystem: counts.withoutSystem + withoutSystem,
    drops: counter.counts(),
  }));
  if (!stored)
    throw new UserError(
      `Another import of ${file} into the pool ${pool} is under way; wait for it, then repeat this one.`,
    );
  return stored;
}

async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EISDIR'
          ? 'is a folder; name a file in it'
          : `cannot be read (${messageOf(error)})`,
      { file },
    );
  }
  return hash.digest('hex');
}
