import { skipSpace, stringEnd, valueEnd } from './json-tokens';

const FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Lines that look otherwise before another layout is learnt. */
const MISSES = 16;
/** An object of more values than this has no layout. */
const MOST_VALUES = 64;
const NONE: readonly number[] = [];

/** Takes the value of a known field and returns where it ends; -1 where it is unusual. */
export type ReadField = (field: number, bytes: Buffer, at: number) => number;

/**
 * Walks a flat JSON object on a line that has an end, hands on where the values of the known fields begin, and returns where the
 * line ends; -1 for everything that is not plainly such an object: escapes, nesting, a field twice, control characters.
 */
export type WalkLine = (bytes: Buffer, from: number) => number;

/** @param begin is called before each look at a line: a line may be begun twice. */
export function createLineWalk(names: readonly string[], begin: () => void, readField: ReadField): WalkLine {
  const fieldOf = createFieldOf(names);
  const values = createValues();
  /** How the lines are written: one that a program wrote looks like the one before it, all but the values. */
  let layout: Layout | null = null;
  let misses = 0;
  /** The bytes that were walked last, to be read by four. */
  let view = viewOf(Buffer.alloc(0));
  let viewed: Buffer | null = null;
  return (bytes, from) => {
    if (layout) {
      if (bytes !== viewed) view = viewOf((viewed = bytes));
      begin();
      const feed = byLayout(layout, bytes, view, from, readField);
      if (feed >= 0) return feed;
    }
    begin();
    const feed = scan(bytes, from, fieldOf, readField, values);
    // Lines of two layouts by turns are not learnt anew each time.
    if (feed >= 0 && misses++ % MISSES === 0) layout = layoutOf(bytes, from, feed, values);
    return feed;
  };
}

/** Where the values of an object are, in order of their fields. */
interface Values {
  count: number;
  /** Numbers of the known fields, -1 for every other. */
  readonly field: Int32Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
}

const createValues = (): Values => ({
  count: 0,
  field: new Int32Array(MOST_VALUES),
  start: new Int32Array(MOST_VALUES),
  end: new Int32Array(MOST_VALUES),
});

/** What stands before each value of a line, and behind the last one: text[ends[i - 1]] … text[ends[i] - 1] before value i. */
interface Layout {
  readonly fields: readonly number[];
  readonly text: Buffer;
  readonly view: DataView;
  readonly ends: readonly number[];
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

/** The layout of a line that was scanned; null where it has too many fields. */
function layoutOf(bytes: Buffer, from: number, feed: number, { count, field, start, end }: Values): Layout | null {
  if (count > MOST_VALUES) return null;
  const values = Array.from({ length: count }, (_, value) => value);
  const between = [...values, count].map((value) =>
    bytes.subarray(value === 0 ? from : end[value - 1], value === count ? feed : start[value]),
  );
  const text = Buffer.concat(between);
  let length = 0;
  return {
    fields: values.map((value) => field[value]!),
    text,
    view: viewOf(text),
    ends: between.map((piece) => (length += piece.length)),
  };
}

/** Reads the values of a line of this layout and returns where it ends; -1 where the line, or a value, is another. */
function byLayout(
  { fields, text, view: words, ends }: Layout,
  bytes: Buffer,
  view: DataView,
  from: number,
  readField: ReadField,
): number {
  let at = from;
  let literal = 0;
  for (let value = 0; ; value++) {
    const end = ends[value]!;
    if (at + end - literal > bytes.length) return -1;
    for (; end - literal >= 4; literal += 4, at += 4) if (view.getUint32(at) !== words.getUint32(literal)) return -1;
    for (; literal < end; literal++) if (bytes[at++] !== text[literal]) return -1;
    if (value === fields.length) return bytes[at] === FEED ? at : -1;
    const field = fields[value]!;
    at = field >= 0 ? readField(field, bytes, at) : valueEnd(bytes, at);
    if (at < 0) return -1;
  }
}

/** Walks a line and notes in `values` where all of its values are; returns where it ends, or -1. */
function scan(bytes: Buffer, from: number, fieldOf: FieldOf, readField: ReadField, values: Values): number {
  values.count = 0;
  let seen = 0;
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
    // Writes beyond the arrays go nowhere; the count tells.
    values.field[values.count] = field;
    values.start[values.count] = at;
    if (field >= 0) {
      if ((seen & (1 << field)) !== 0) return -1;
      seen |= 1 << field;
      at = readField(field, bytes, at);
    } else at = valueEnd(bytes, at);
    if (at < 0) return -1;
    values.end[values.count++] = at;
    at = skipSpace(bytes, at);
    const next = bytes[at++];
    if (next === COMMA) continue;
    if (next !== CLOSE) return -1;
    at = skipSpace(bytes, at);
    return bytes[at] === FEED ? at : -1;
  }
}

/** The known field of a key in bytes[start] … bytes[end - 1], -1 for every other key. */
type FieldOf = (bytes: Buffer, start: number, end: number) => number;

function createFieldOf(names: readonly string[]): FieldOf {
  const fields = names.map((name) => Buffer.from(name));
  const longest = Math.max(...fields.map(({ length }) => length));
  const ofLength = Array.from({ length: longest + 1 }, (_, length) =>
    [...fields.keys()].filter((field) => fields[field]!.length === length),
  );
  return (bytes, start, end) => {
    for (const field of ofLength[end - start] ?? NONE) {
      const name = fields[field]!;
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return field;
    }
    return -1;
  };
}
