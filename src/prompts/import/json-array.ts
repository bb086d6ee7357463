import { jsonElements } from '../../arena/read/json-array';
import { parsed, type RawRecord } from './record';

/** The elements of one JSON array, a batch per piece; the array itself may be of any length. */
export async function* readJsonArray(pieces: AsyncIterable<Buffer>, file: string): AsyncGenerator<RawRecord[]> {
  let records: RawRecord[] = [];
  const take = jsonElements(file, (text, line) => records.push(parsed(text, line)));
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    // A copy: the reader fills the same buffer again.
    rest = Buffer.from(bytes.subarray(take(bytes, false)));
    yield records;
    records = [];
  }
  take(rest, true);
  yield records;
}
