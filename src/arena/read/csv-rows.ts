import type { TableBuilder } from '../battle-table';
import { columnsOf, csvRecords } from '../csv';
import { InputError } from '../input-error';
import type { ByteNames } from './byte-names';
import { observation, OPTIONAL, REQUIRED, type Row } from './row';
import { csvRecordEnd, textOf } from './records';
import type { TakeRecords } from './source';
import type { Winners } from './winners';

const FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const RETURN = 0x0d;

/**
 * Reads battles of our own form from the bytes of a CSV file into a table. Rows without quotes are read as bytes; all others,
 * and those that something is wrong with, as text by the rules of `csvRecords` and `observation`.
 */
export function csvRows(
  file: string,
  table: TableBuilder,
  models: ByteNames,
  prompts: ByteNames,
  winners: Winners,
): TakeRecords {
  let line = 1;
  let columns: Map<string, number> | null = null;
  let width = 0;
  let [a, b, winner, prompt, weight] = [-1, -1, -1, -1, -1];
  /** Where each field of the current line ends. */
  let ends = new Int32Array(0);
  const startOf = (column: number, lineStart: number) => (column === 0 ? lineStart : ends[column - 1]! + 1);

  const asText = (bytes: Buffer, at: number, end: number) => {
    for (const { line: where, fields } of csvRecords(textOf(bytes, at, end, file, line), file, line)) {
      const place = { file, line: where };
      if (columns === null) {
        columns = columnsOf({ line: where, fields }, file, REQUIRED, OPTIONAL);
        width = fields.length;
        ends = new Int32Array(width);
        [a, b, winner, prompt, weight] = [...REQUIRED, ...OPTIONAL].map((name) => columns?.get(name) ?? -1) as [
          number,
          number,
          number,
          number,
          number,
        ];
        continue;
      }
      if (fields.length !== width)
        throw new InputError(
          `has ${fields.length} fields, the header ${width}; put names with commas in double quotes`,
          place,
        );
      const row: Row = {};
      for (const [name, column] of columns) row[name as keyof Row] = fields[column];
      // CSV has no other way to leave a value out.
      if (row.prompt_id === '') delete row.prompt_id;
      if (row.weight === '') delete row.weight;
      const read = observation(row, place);
      table.add(
        models.number(read.a),
        models.number(read.b),
        2 * read.score,
        read.prompt === null ? -1 : prompts.number(read.prompt),
        read.weight,
        undefined,
      );
    }
  };
  /** Reads a line without quotes and returns where it ends; -1 where something about it is unusual, or it is not whole. */
  const asBytes = (bytes: Buffer, at: number, last: boolean): number => {
    let fields = 0;
    let feed = at;
    for (; feed < bytes.length; feed++) {
      const byte = bytes[feed]!;
      if (byte > COMMA) continue;
      if (byte === COMMA) {
        if (fields === width) return -1;
        ends[fields++] = feed;
      } else if (byte === FEED) break;
      else if (byte === QUOTE) return -1;
    }
    if (fields + 1 !== width || (feed === bytes.length && !last)) return -1;
    ends[fields] = feed > at && bytes[feed - 1] === RETURN ? feed - 1 : feed;
    const first = models.ofBytes(bytes, startOf(a, at), ends[a]!);
    const second = models.ofBytes(bytes, startOf(b, at), ends[b]!);
    const outcome = winners.ofBytes(bytes, startOf(winner, at), ends[winner]!);
    if (first < 0 || second < 0 || first === second || outcome < 0) return -1;
    let asked = -1;
    if (prompt >= 0 && startOf(prompt, at) < ends[prompt]!) {
      asked = prompts.ofBytes(bytes, startOf(prompt, at), ends[prompt]!);
      if (asked < 0) return -1;
    }
    let counts = 1;
    if (weight >= 0 && startOf(weight, at) < ends[weight]!) {
      counts = Number(bytes.toString('latin1', startOf(weight, at), ends[weight]).trim() || 'none');
      if (!(counts >= 0 && counts < Infinity)) return -1;
    }
    table.add(first, second, outcome, asked, counts, undefined);
    return feed;
  };

  return (bytes, last) => {
    let at = 0;
    while (at < bytes.length) {
      const feed = columns === null ? -1 : asBytes(bytes, at, last);
      if (feed >= 0) {
        at = feed + 1;
        line += 1;
        continue;
      }
      // Quotes may hide line ends.
      const { end: recordEnd, lines } = csvRecordEnd(bytes, at, last);
      if (recordEnd < 0) break;
      asText(bytes, at, recordEnd);
      at = recordEnd + 1;
      line += lines;
    }
    return Math.min(at, bytes.length);
  };
}
