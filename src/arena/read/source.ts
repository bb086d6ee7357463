import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../input-error';

/** Bytes read at a time. */
const CHUNK = 1 << 20;
/** A record of more bytes than this is a file without line ends, or hostile. */
const LONGEST_RECORD = 1 << 28;

/**
 * The bytes of a file, or of stdin for `-`, in pieces; gzip and zstd are known by their first bytes and unpacked. A UTF-8
 * byte order mark is left out.
 * Errors (InputError): it cannot be read, is no UTF-8 (by its mark), or a compressed file is broken or ends too early.
 */
export async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const name = file === '-' ? 'stdin' : file;
  let isFirst = true;
  try {
    const source: AsyncIterable<Buffer> =
      file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK });
    const { first, all } = await peeked(source);
    for await (const chunk of unpacked(first, all)) {
      if (chunk.length === 0) continue;
      yield isFirst ? withoutMark(chunk, name) : chunk;
      isFirst = false;
    }
  } catch (error) {
    throw InputError.isInstance(error) ? error : new InputError(reasonOf(error), { file: name });
  }
}

/** The first piece, and all of them with it. */
async function peeked(source: AsyncIterable<Buffer>): Promise<{ first: Buffer; all: AsyncIterable<Buffer> }> {
  const pieces = source[Symbol.asyncIterator]();
  const { value, done } = await pieces.next();
  const first = done === true ? Buffer.alloc(0) : value;
  async function* all() {
    try {
      yield first;
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
    } finally {
      // Who stops reading early closes the file.
      await pieces.return?.();
    }
  }
  return { first, all: all() };
}

function unpacked(first: Buffer, all: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (first[0] === 0x1f && first[1] === 0x8b) {
    const gunzip = createGunzip({ chunkSize: CHUNK });
    // An error of the source ends the unpacking, whose reader gets it.
    pipeline(Readable.from(all), gunzip, () => undefined);
    return gunzip;
  }
  return first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528 ? unzstd(all) : all;
}

/** Node 20 has no zstd of its own. */
async function* unzstd(all: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd');
  let out: Buffer[] = [];
  const stream = new Decompress((piece) => out.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
  for await (const chunk of all) {
    stream.push(chunk);
    yield* out;
    out = [];
  }
  stream.push(new Uint8Array(0), true);
  yield* out;
}

function withoutMark(chunk: Buffer, file: string): Buffer {
  const [a, b, c] = chunk;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) throw notUtf8(file);
  return a === 0xef && b === 0xbb && c === 0xbf ? chunk.subarray(3) : chunk;
}

/** What is wrong with bytes that are no UTF-8. */
export function notUtf8(file: string, line?: number): InputError {
  return new InputError('is not UTF-8 text; save it as UTF-8 (with or without byte order mark)', {
    file,
    ...(line === undefined ? {} : { line }),
  });
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'is a folder; name a file in it';
  if (code === 'Z_BUF_ERROR' || /unexpected (?:EOF|end of file)/i.test(message))
    return 'the compressed file ends too early; copy it again';
  if (code?.startsWith('Z_') === true || /invalid zstd|corrupt/i.test(message))
    return `the compressed file is broken (${message}); copy it again`;
  return `cannot be read (${code ?? message})`;
}

/** Takes the whole records at the begin of some bytes and says how many bytes they were; `last`: nothing follows. */
export type TakeRecords = (bytes: Buffer, last: boolean) => number;

/** Feeds pieces to a reader of records; what it leaves comes again with more behind it. */
export async function feed(pieces: AsyncIterable<Buffer>, take: TakeRecords, file: string): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    rest = bytes.subarray(take(bytes, false));
    if (rest.length > LONGEST_RECORD)
      throw new InputError(`holds a record of more than ${LONGEST_RECORD >> 20} MB; put each on a line of its own`, {
        file,
      });
  }
  take(rest, true);
}
