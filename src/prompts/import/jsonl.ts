import { isUtf8 } from 'node:buffer';
import { parsed, type RawRecord } from './record';

const FEED = 0x0a;
/** A line of more bytes is no conversation: it is skipped without being held in memory. */
export const LONGEST_LINE = 16 << 20;

/** The values of JSONL text, a batch per piece. Lines that cannot be read are records too, so that they are counted. */
export async function* readJsonl(pieces: AsyncIterable<Buffer>): AsyncGenerator<RawRecord[]> {
  let line = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;

  /** The line that the bytes end; null where it is blank. */
  const ended = (tail: Buffer): RawRecord | null => {
    line += 1;
    const length = begunBytes + tail.length;
    const bytes = begun.length === 0 ? tail : Buffer.concat([...begun, tail]);
    begun = [];
    begunBytes = 0;
    if (length > LONGEST_LINE) return { line, unreadable: `a line of more than ${LONGEST_LINE >> 20} MB` };
    // Broken bytes become U+FFFD: only then is it worth a second look whether the file itself holds that character.
    const text = bytes.toString('utf8');
    if (text.includes('\uFFFD') && !isUtf8(bytes)) return { line, unreadable: 'not UTF-8' };
    return text.trim() === '' ? null : parsed(text, line);
  };

  for await (const piece of pieces) {
    const records: RawRecord[] = [];
    let from = 0;
    for (let end = piece.indexOf(FEED); end >= 0; end = piece.indexOf(FEED, from)) {
      const record = ended(piece.subarray(from, end));
      if (record) records.push(record);
      from = end + 1;
    }
    begunBytes += piece.length - from;
    if (begunBytes > LONGEST_LINE) begun = [];
    // A copy: the reader fills the same buffer again.
    else if (from < piece.length) begun.push(Buffer.from(piece.subarray(from)));
    yield records;
  }
  const last = begunBytes > 0 ? ended(Buffer.alloc(0)) : null;
  if (last) yield [last];
}
