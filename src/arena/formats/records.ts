import { csvRecords } from '../csv';
import { InputError } from '../input-error';
import { jsonElements } from '../read/json-array';
import { jsonObject } from '../read/json-rows';
import { csvRecordEnd, lineEnd, textOf } from '../read/records';
import type { TakeRecords } from '../read/source';
import type { Fields } from './fields';

/** How a file parts its records. */
export type Kind = 'csv' | 'jsonl' | 'array';

/** By the first byte that is no white space; null while there is none. */
export function kindOf(bytes: Buffer): Kind | null {
  const first = bytes.find((byte) => byte > 0x20);
  if (first === undefined) return null;
  return first === 0x7b ? 'jsonl' : first === 0x5b ? 'array' : 'csv';
}

/**
 * Reads a file record by record, as objects: JSON objects, or a CSV file's rows with its header's names and all values as texts.
 * Errors (InputError): a record that is no JSON object, a row that is longer or shorter than the header.
 */
export function records(kind: Kind, file: string, onRecord: (record: Fields, line: number) => void): TakeRecords {
  if (kind === 'array') return jsonElements(file, (text, line) => onRecord(jsonObject(text, { file, line }), line));
  const rows = kind === 'csv' ? csvObjects(file, onRecord) : null;
  let line = 1;
  return (bytes, last) => {
    let at = 0;
    while (at < bytes.length) {
      const { end, lines } = rows ? csvRecordEnd(bytes, at, last) : { end: lineEnd(bytes, at, last), lines: 1 };
      if (end < 0) break;
      const text = textOf(bytes, at, end, file, line);
      if (rows) rows(text, line);
      else if (text.trim() !== '') onRecord(jsonObject(text, { file, line }), line);
      at = end + 1;
      line += lines;
    }
    return Math.min(at, bytes.length);
  };
}

/** Takes the texts of CSV records in turn, the header first. */
function csvObjects(
  file: string,
  onRecord: (record: Fields, line: number) => void,
): (text: string, line: number) => void {
  let header: string[] | null = null;
  return (text, firstLine) => {
    for (const { fields, line } of csvRecords(text, file, firstLine)) {
      if (header === null) {
        header = fields.map((field) => field.trim());
        continue;
      }
      if (header.length !== fields.length)
        throw new InputError(
          `has ${fields.length} fields, the header ${header.length}; put names with commas in double quotes`,
          { file, line },
        );
      onRecord(Object.fromEntries(header.map((name, index) => [name, fields[index]])), line);
    }
  };
}
