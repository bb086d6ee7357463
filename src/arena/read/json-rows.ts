import type { TableBuilder } from '../battle-table';
import { InputError, type InputPlace } from '../input-error';
import type { ByteNames } from './byte-names';
import { createLineWalk } from './json-line';
import { isWhole, stringEnd, tokenEnd } from './json-tokens';
import { lineEnd, textOf } from './records';
import { observation, type Row } from './row';
import type { TakeRecords } from './source';
import type { Winners } from './winners';

const FEED = 0x0a;
const QUOTE = 0x22;

/** Fields of a battle, by their places in what was found. */
const FIELDS = ['model_a', 'model_b', 'winner', 'prompt_id', 'weight'];
const [MODEL_A, MODEL_B, WINNER, PROMPT, WEIGHT] = [0, 1, 2, 3, 4] as const;

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
    const names = field === WINNER ? winners : field === PROMPT ? prompts : models;
    const known = names.ofQuoted(bytes, at + 1);
    if (known >= 0) {
      found[field] = known;
      return names.end + 1;
    }
    const end = stringEnd(bytes, at + 1);
    if (end < 0) return -1;
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
  const begin = () => {
    for (let field = 0; field < found.length; field++) found[field] = -1;
  };
  const walk = createLineWalk(FIELDS, begin, readField);
  /** Reads a flat object on a line with an end and returns where that is; -1 where something is unusual. */
  const asBytes = (bytes: Buffer, from: number): number => {
    const feed = walk(bytes, from);
    if (feed < 0) return -1;
    const a = found[MODEL_A]!;
    const b = found[MODEL_B]!;
    if (a < 0 || b < 0 || a === b || found[WINNER]! < 0) return -1;
    const weight = found[WEIGHT]! < 0 ? 1 : found[WEIGHT]!;
    table.add(a, b, found[WINNER]!, found[PROMPT]!, weight, undefined);
    return feed;
  };

  return (bytes, last) => {
    let at = 0;
    // Bytes are read one by one up to a line's end, which is there: reading behind the bytes would make each read slower.
    const whole = bytes.lastIndexOf(FEED) + 1;
    while (at < bytes.length) {
      let end = at < whole ? asBytes(bytes, at) : -1;
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
