import { notUtf8 } from './source';

const FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** Index of the line feed behind a line, or of the end of the last line; -1 where the line goes on in bytes to come. */
export function lineEnd(bytes: Buffer, at: number, last: boolean): number {
  const feed = bytes.indexOf(FEED, at);
  return feed >= 0 ? feed : last ? bytes.length : -1;
}

/**
 * Index behind a CSV record, and how many lines it takes: a field that begins with a quote holds line feeds. -1 where the record goes
 * on in bytes to come.
 */
export function csvRecordEnd(bytes: Buffer, from: number, last: boolean): { end: number; lines: number } {
  let lines = 1;
  let begins = true;
  let quoted = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === FEED) lines += 1;
      // A doubled quote closes and opens again, which comes to the same.
      if (byte === QUOTE) quoted = false;
    } else if (byte === FEED) return { end: at, lines };
    else if (byte === QUOTE && (begins || bytes[at - 1] === QUOTE)) quoted = true;
    begins = byte === COMMA && !quoted;
  }
  return { end: last ? bytes.length : -1, lines };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Errors (InputError): the bytes are no UTF-8. */
export function textOf(bytes: Buffer, start: number, end: number, file: string, line: number): string {
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    throw notUtf8(file, line);
  }
}
