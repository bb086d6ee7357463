const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const CLOSE = 0x7d;

/** Index of the first byte that is neither blank, tab nor carriage return. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]!; byte <= SPACE && (byte === SPACE || byte === 0x09 || byte === 0x0d); byte = bytes[at]!)
    at++;
  return at;
}

/** Index behind a value that is no field of ours; -1 where it is unusual. */
export function valueEnd(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) return tokenEnd(bytes, at);
  const quote = stringEnd(bytes, at + 1);
  return quote < 0 ? -1 : quote + 1;
}

/** Index of the quote that ends a string; -1 where it holds an escape or a control character, or does not end. */
export function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte > QUOTE && byte !== BACKSLASH) continue;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH || byte < 0x20) return -1;
  }
  return -1;
}

/** Index behind a number, true, false or null; -1 for everything else. */
export function tokenEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== CLOSE && bytes[at]! > SPACE) at++;
  const first = bytes[from]!;
  if (at === from) return -1;
  if (first === MINUS || isDigit(first)) return isNumber(bytes, from, at) ? at : -1;
  const word = bytes.toString('latin1', from, at);
  return word === 'true' || word === 'false' || word === 'null' ? at : -1;
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= ZERO && byte <= NINE;

/** Digits and at most one point between them; what has an exponent is rare, and left to JSON.parse. */
function isNumber(bytes: Buffer, start: number, end: number): boolean {
  let at = bytes[start] === MINUS ? start + 1 : start;
  if (bytes[at] === ZERO && isDigit(bytes[at + 1])) return false;
  let points = 0;
  for (; at < end; at++) {
    if (isDigit(bytes[at])) continue;
    if (bytes[at] !== 0x2e || points++ > 0 || !isDigit(bytes[at - 1]) || at + 1 === end) return false;
  }
  return isDigit(bytes[end - 1]);
}

/** A whole number whose text JSON.parse and String give back unchanged. */
export function isWhole(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 15) return false;
  for (let at = start; at < end; at++) if (!isDigit(bytes[at])) return false;
  return true;
}
