import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../input-error';

const FEED = 0x0a;
const NOTHING = Buffer.alloc(0);
/** Bytes read at a time. */
const CHUNK = 1 << 20;
/** A record of more bytes than this is a file without line ends, or hostile. */
const LONGEST_RECORD = 1 << 28;

/**
 * The bytes of a file, or of stdin for `-`, in pieces; gzip and zstd are known by their first bytes and unpacked. A UTF-8
 * byte order mark is left out. A piece holds until the next one is asked for: its memory is used again.
 * Errors (InputError): it cannot be read, is no UTF-8 (by its mark), or a compressed file is broken or ends too early.
 */
export async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const name = file === '-' ? 'stdin' : file;
  let isFirst = true;
  try {
    for await (const piece of await unpacked(file)) {
      if (piece.length === 0) continue;
      yield isFirst ? withoutMark(piece, name) : piece;
      isFirst = false;
    }
  } catch (error) {
    throw InputError.isInstance(error) ? error : new InputError(reasonOf(error), { file: name });
  }
}

async function unpacked(file: string): Promise<AsyncIterable<Buffer>> {
  if (file !== '-') {
    const packing = packingOf(await headOf(file));
    if (packing === null) return piecesOf(file);
    return packing(createReadStream(file, { highWaterMark: CHUNK }));
  }
  const pieces = (process.stdin as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const { value, done } = await pieces.next();
  const head = done === true ? Buffer.alloc(0) : value;
  async function* all() {
    yield head;
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value;
  }
  const packing = packingOf(head);
  return packing === null ? all() : packing(all());
}

async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** One buffer for all pieces: a stream would fill the memory with them. */
async function* piecesOf(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** How to unpack what begins so; null: it is not packed. */
function packingOf(head: Buffer): ((pieces: AsyncIterable<Buffer>) => AsyncIterable<Buffer>) | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return gunzipped;
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? unzstd : null;
}

function gunzipped(pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // An error of the source ends the unpacking, whose reader gets it.
  pipeline(pieces, gunzip, () => undefined);
  return gunzip;
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
  let rest: Buffer = NOTHING;
  const consume = (bytes: Buffer) => {
    const used = take(bytes, false);
    // A copy: the memory of the piece is used again.
    rest = used === bytes.length ? NOTHING : Buffer.from(bytes.subarray(used));
  };
  for await (const piece of pieces) {
    let bytes = piece;
    if (rest.length > 0) {
      // The first line end mostly completes what is left, so that the piece need not be copied.
      const head = piece.indexOf(FEED) + 1 || piece.length;
      consume(Buffer.concat([rest, piece.subarray(0, head)]));
      bytes = piece.subarray(head);
      if (rest.length > 0 && bytes.length > 0) bytes = Buffer.concat([rest, bytes]);
    }
    if (bytes.length > 0) consume(bytes);
    if (rest.length > LONGEST_RECORD)
      throw new InputError(`holds a record of more than ${LONGEST_RECORD >> 20} MB; put each on a line of its own`, {
        file,
      });
  }
  take(rest, true);
}
