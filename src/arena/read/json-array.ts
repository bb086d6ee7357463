import { InputError } from '../input-error';
import { textOf } from './records';
import type { TakeRecords } from './source';

const FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Takes the elements of one JSON array apart by their brackets and hands on each one's text with the line on which it
 * begins, so that an array of any length is parsed piece by piece and an error can name its line.
 * Errors (InputError): the array is not closed, or something stands behind it.
 */
export function jsonElements(file: string, onElement: (text: string, line: number) => void): TakeRecords {
  let line = 1;
  let isOpen = false;
  let isClosed = false;
  return (bytes, last) => {
    let taken = 0;
    let takenLine = line;
    let depth = 0;
    let inText = false;
    let start = -1;
    let startLine = line;
    const emit = (end: number) => {
      if (start >= 0) onElement(textOf(bytes, start, end, file, startLine), startLine);
      start = -1;
      taken = end + 1;
      takenLine = line;
    };
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === FEED) line += 1;
      if (inText) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) inText = false;
        continue;
      }
      if (byte <= 0x20) continue;
      if (isClosed)
        throw new InputError('something stands behind the end of the JSON array; remove it', { file, line });
      if (!isOpen) {
        isOpen = true;
        taken = at + 1;
        takenLine = line;
        continue;
      }
      if (depth === 0 && (byte === COMMA || CLOSING.has(byte))) {
        emit(at);
        isClosed = byte !== COMMA;
        continue;
      }
      if (start < 0) {
        start = at;
        startLine = line;
      }
      if (byte === QUOTE) inText = true;
      else if (OPENING.has(byte)) depth += 1;
      else if (CLOSING.has(byte)) depth -= 1;
    }
    if (last && !isClosed)
      throw new InputError('the JSON array does not end; the file was cut off, copy it again', { file, line });
    // What is left comes again.
    line = takenLine;
    return isClosed ? bytes.length : taken;
  };
}
