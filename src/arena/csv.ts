import { InputError } from './input-error';

export interface CsvRecord {
  /** Line of the file on which the record starts, 1-based. */
  line: number;
  fields: string[];
}

/**
 * Records of a CSV text by RFC 4180: commas, fields in double quotes with "" for a quote and with line breaks inside, LF or CRLF.
 * Blank lines are skipped. `firstLine` is the line of the file on which the text begins.
 * Errors (InputError): a quote that is never closed, or that has text behind its end.
 */
export function* csvRecords(text: string, file: string, firstLine = 1): Generator<CsvRecord> {
  let at = 0;
  let line = firstLine;
  while (at < text.length) {
    const start = line;
    const end = lineEnd(text, at);
    if (!text.slice(at, end).includes('"')) {
      const content = text.slice(at, withoutReturn(text, at, end));
      if (content.trim() !== '') yield { line: start, fields: content.split(',') };
      at = end + 1;
      line += 1;
      continue;
    }
    const fields: string[] = [];
    for (let more = true; more;) {
      const field = text[at] === '"' ? quotedField(text, at, file, line) : plainField(text, at);
      fields.push(field.value);
      line += field.lines;
      more = text[field.end] === ',';
      at = field.end + 1;
    }
    line += 1;
    yield { line: start, fields };
  }
}

interface Field {
  value: string;
  /** Index of the comma or line feed behind it, or the text's length. */
  end: number;
  /** Line breaks inside. */
  lines: number;
}

function plainField(text: string, from: number): Field {
  const stop = lineEnd(text, from);
  const comma = text.indexOf(',', from);
  if (comma >= 0 && comma < stop) return { value: text.slice(from, comma), end: comma, lines: 0 };
  return { value: text.slice(from, withoutReturn(text, from, stop)), end: stop, lines: 0 };
}

function quotedField(text: string, from: number, file: string, line: number): Field {
  let value = '';
  for (let at = from + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0)
      throw new InputError('a quote is opened and never closed; close it, or write "" for a quote inside', {
        file,
        line,
      });
    value += text.slice(at, quote);
    if (text[quote + 1] === '"') {
      value += '"';
      at = quote + 2;
      continue;
    }
    const lines = value.split('\n').length - 1;
    const end = text[quote + 1] === '\r' ? quote + 2 : quote + 1;
    if (end >= text.length || text[end] === '\n' || (text[end] === ',' && end === quote + 1))
      return { value, end, lines };
    throw new InputError('text behind a closing quote; write "" for a quote inside a quoted field', {
      file,
      line: line + lines,
    });
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function withoutReturn(text: string, from: number, end: number): number {
  return end > from && text[end - 1] === '\r' ? end - 1 : end;
}

/** Column of each wanted name in a header (names are trimmed); errors name what is missing, or there twice. */
export function columnsOf(
  { line, fields }: CsvRecord,
  file: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Map<string, number> {
  const header = fields.map((field) => field.trim());
  const columns = new Map<string, number>();
  for (const name of [...required, ...optional]) {
    const column = header.indexOf(name);
    if (column >= 0) columns.set(name, column);
    else if (required.includes(name)) {
      throw new InputError(`the header has no column ${name}; it needs ${required.join(', ')}`, { file, line });
    }
    if (column >= 0 && header.includes(name, column + 1)) {
      throw new InputError(`the header names the column ${name} twice; keep one`, { file, line });
    }
  }
  return columns;
}
