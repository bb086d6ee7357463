import { pipeline } from 'node:stream';
import { parse, type CsvError, type Info } from 'csv-parse';
import { InputError } from '../../arena/input-error';
import { LONGEST_LINE } from './jsonl';
import { BATCH, type RawRecord } from './record';

/** Columns that hold a dialogue: as JSON text, since a CSV cell has no other way. */
const DIALOGUES = ['messages', 'conversations', 'turns'];

/**
 * The rows of CSV text with a header, as objects; empty cells are left out.
 * Errors (InputError): a quote that is not closed, or a row with too many or too few cells.
 */
export async function* readCsv(pieces: AsyncIterable<Buffer>, file: string): AsyncGenerator<RawRecord[]> {
  const rows = parse({ columns: true, info: true, skip_empty_lines: true, max_record_size: LONGEST_LINE });
  // An error of the pieces ends the rows, whose reader gets it.
  pipeline(copies(pieces), rows, () => undefined);
  let records: RawRecord[] = [];
  try {
    for await (const row of rows as AsyncIterable<{ record: { [column: string]: string }; info: Info }>) {
      records.push({ line: row.info.lines, value: cells(row.record) });
      if (records.length < BATCH) continue;
      yield records;
      records = [];
    }
  } catch (error) {
    const { code, message, lines } = error as CsvError;
    if (typeof code !== 'string' || !code.startsWith('CSV_')) throw error;
    throw new InputError(`is no CSV here (${message}); mend the quotes or the number of cells`, {
      file,
      ...(typeof lines === 'number' ? { line: lines } : {}),
    });
  }
  yield records;
}

/** The parser reads ahead, and the reader fills the same buffer again. */
async function* copies(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

function cells(record: { [column: string]: string }): { [column: string]: unknown } {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, text]) => text !== '')
      .map(([column, text]) => [column, DIALOGUES.includes(column) ? jsonOrText(text) : text]),
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
