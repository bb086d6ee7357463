import { open } from 'node:fs/promises';
import { chunksOf } from '../../arena/read/source';
import { InputError } from '../../arena/input-error';
import { readCsv } from './csv';
import { readJsonArray } from './json-array';
import { readJsonl } from './jsonl';
import { readParquet } from './parquet';
import type { RawRecord } from './record';

/** Columns of which a CSV file must have one. */
const COLUMNS = ['prompt', 'instruction', 'messages', 'conversations', 'turns'];

/**
 * The rows of a file of prompts in batches, a bounded part of it in memory at a time. The format is known by the
 * content: Parquet, a JSON array, JSONL or CSV with a header; all but Parquet plain, gzip or zstd.
 * Errors (InputError): the file cannot be read, is empty, is of no known format, or is broken where no next row can be found.
 */
export async function* readRecords(file: string): AsyncGenerator<RawRecord[]> {
  if (await isParquet(file)) {
    yield* readParquet(file);
    return;
  }
  const pieces = chunksOf(file);
  try {
    yield* readText(pieces, file);
  } finally {
    await pieces.return(undefined);
  }
}

async function* readText(pieces: AsyncGenerator<Buffer>, file: string): AsyncGenerator<RawRecord[]> {
  const begin: Buffer[] = [];
  let first = '';
  // What begins with blank lines or comes in tiny pieces shows its format later.
  while (first === '') {
    const { value, done } = await pieces.next();
    if (done === true) throw new InputError('is empty; give a file with prompts', { file });
    // A copy: the reader fills the same buffer again.
    begin.push(Buffer.from(value));
    first = Buffer.concat(begin).toString('utf8').trimStart();
  }
  async function* all() {
    yield* begin;
    yield* pieces;
  }
  if (first.startsWith('[')) yield* readJsonArray(all(), file);
  else if (first.startsWith('{') || isJson(firstLine(first))) yield* readJsonl(all());
  else if (COLUMNS.some((column) => headerOf(first).includes(column))) yield* readCsv(all(), file);
  else
    throw new InputError(
      `is of no known form; give Parquet, a JSON array, JSONL, or CSV with a header that has one of the columns ${COLUMNS.join(', ')}`,
      { file },
    );
}

async function isParquet(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => null);
  if (!handle) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead) === 'PAR1';
  } catch {
    // A folder: the reader of bytes says so.
    return false;
  } finally {
    await handle.close();
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0]!;

const headerOf = (text: string) =>
  firstLine(text)
    .split(',')
    .map((name) => name.trim().replace(/^"|"$/g, ''));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
