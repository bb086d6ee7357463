import type { TableBuilder } from '../battle-table';
import { InputError, type InputPlace } from '../input-error';
import type { ByteNames } from './byte-names';
import { lineEnd, textOf } from './records';
import { observation, type Row } from './row';
import type { TakeRecords } from './source';
import type { Winners } from './winners';

const FEED = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Fields that the scanner knows, by their bytes. */
const FIELDS = ['model_a', 'model_b', 'winner', 'prompt_id', 'weight'].map((name) => Buffer.from(name));
const [MODEL_A, MODEL_B, WINNER, PROMPT, WEIGHT] = [0, 1, 2, 3, 4] as const;
const NONE: readonly number[] = [];
/** The fields whose names have so many bytes. */
const OF_LENGTH = Array.from({ length: 10 }, (_, length) =>
  [...FIELDS.keys()].filter((field) => FIELDS[field]!.length === length),
);

/**
 * Reads battles of our own form from the bytes of a JSONL file into a table. A flat object without escapes is read as bytes;
 * every other line, and one that something is wrong with, by JSON.parse and `observation`.
 */
export function jsonRows(
  file: string,
  table: TableBuilder,
  models: ByteNames,
  prompts: ByteNames,
  winners: Winners,
): TakeRecords {
  let line = 1;
  /** Of the current line: numbers of names, the outcome, the weight; -1 for what is not there. */
  const found = new Float64Array(FIELDS.length);
  /** Where the value of a field ends; -1 where it is unusual. */
  const readField = (field: number, bytes: Buffer, at: number): number => {
    if (bytes[at] !== QUOTE) {
      const end = field === WEIGHT || field === PROMPT ? tokenEnd(bytes, at) : -1;
      if (end < 0 || (field === PROMPT && !isWhole(bytes, at, end))) return -1;
      const value = field === PROMPT ? prompts.ofBytes(bytes, at, end) : Number(bytes.toString('latin1', at, end));
      found[field] = value;
      return value >= 0 && value < Infinity ? end : -1;
    }
    if (field === WEIGHT) return -1;
    if (field !== WINNER) {
      const names = field === PROMPT ? prompts : models;
      const known = names.ofQuoted(bytes, at + 1);
      if (known >= 0) {
        found[field] = known;
        return names.end + 1;
      }
    }
    const end = stringEnd(bytes, at + 1);
    if (end < 0) return -1;
    const names = field === WINNER ? winners : field === PROMPT ? prompts : models;
    const value = names.ofBytes(bytes, at + 1, end);
    found[field] = value;
    return value < 0 ? -1 : end + 1;
  };

  const asText = (bytes: Buffer, at: number, end: number) => {
    const text = textOf(bytes, at, end, file, line);
    if (text.trim() === '') return;
    const read = observation(jsonObject(text, { file, line }), { file, line });
    table.add(
      models.number(read.a),
      models.number(read.b),
      2 * read.score,
      read.prompt === null ? -1 : prompts.number(read.prompt),
      read.weight,
      undefined,
    );
  };
  /** Reads a flat object and returns where its line ends; -1 where something is unusual, or the line is not whole. */
  const asBytes = (bytes: Buffer, from: number, last: boolean): number => {
    found.fill(-1);
    const feed = scan(bytes, from, found, readField);
    if (feed < 0 || (feed === bytes.length && !last)) return -1;
    const a = found[MODEL_A]!;
    const b = found[MODEL_B]!;
    if (a < 0 || b < 0 || a === b || found[WINNER]! < 0) return -1;
    const weight = found[WEIGHT]! < 0 ? 1 : found[WEIGHT]!;
    table.add(a, b, found[WINNER]!, found[PROMPT]!, weight, undefined);
    return feed;
  };

  return (bytes, last) => {
    let at = 0;
    while (at < bytes.length) {
      let end = asBytes(bytes, at, last);
      if (end < 0) {
        end = lineEnd(bytes, at, last);
        if (end < 0) break;
        asText(bytes, at, end);
      }
      at = end + 1;
      line += 1;
    }
    return Math.min(at, bytes.length);
  };
}

/** A line's object. Errors (InputError): it is no JSON, or no object. */
export function jsonObject(text: string, place: InputPlace): Row & Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw new InputError('is not JSON; a JSONL file has one whole object on each line', place);
  }
  if (row !== null && typeof row === 'object' && !Array.isArray(row)) return row as Record<string, unknown>;
  throw new InputError('is not an object; write {"model_a": …, "model_b": …, "winner": …}', place);
}

/** Index of the first byte that is neither blank, tab nor carriage return. */
function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]!; byte <= SPACE && (byte === SPACE || byte === 0x09 || byte === 0x0d); byte = bytes[at]!)
    at++;
  return at;
}

/**
 * Walks a flat JSON object on a line and hands on where the values of the known fields begin; `readField` says where they end.
 * Returns where the line ends; -1 for everything that is not plainly such an object: escapes, nesting, a field twice, control characters.
 */
function scan(
  bytes: Buffer,
  from: number,
  found: Float64Array,
  readField: (field: number, bytes: Buffer, at: number) => number,
): number {
  let at = skipSpace(bytes, from);
  if (bytes[at++] !== OPEN) return -1;
  for (;;) {
    at = skipSpace(bytes, at);
    if (bytes[at++] !== QUOTE) return -1;
    const keyStart = at;
    at = stringEnd(bytes, at);
    if (at < 0) return -1;
    const field = fieldOf(bytes, keyStart, at++);
    at = skipSpace(bytes, at);
    if (bytes[at++] !== COLON) return -1;
    at = skipSpace(bytes, at);
    if (field >= 0) {
      if (found[field]! >= 0) return -1;
      at = readField(field, bytes, at);
    } else if (bytes[at] === QUOTE) at = stringEnd(bytes, at + 1) + 1 || -1;
    else at = tokenEnd(bytes, at);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    const next = bytes[at++];
    if (next === COMMA) continue;
    if (next !== CLOSE) return -1;
    at = skipSpace(bytes, at);
    return at >= bytes.length || bytes[at] === FEED ? at : -1;
  }
}

/** Index of the quote that ends a string; -1 where it holds an escape or a control character, or does not end. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte > QUOTE && byte !== BACKSLASH) continue;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH || byte < 0x20) return -1;
  }
  return -1;
}

/** Index behind a number, true, false or null; -1 for everything else. */
function tokenEnd(bytes: Buffer, from: number): number {
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
function isWhole(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 15) return false;
  for (let at = start; at < end; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

/** The known field of a key, -1 for every other key. */
function fieldOf(bytes: Buffer, start: number, end: number): number {
  for (const field of OF_LENGTH[end - start] ?? NONE) {
    const name = FIELDS[field]!;
    let i = 0;
    while (i < name.length && name[i] === bytes[start + i]) i++;
    if (i === name.length) return field;
  }
  return -1;
}
