import type { Names } from '../battle-table';

/** Numbers for names as they stand in a file, without a string for each time that a name comes up. */
export interface ByteNames extends Names {
  /** The number of the name in bytes[start] … bytes[end - 1], without white space around it; -1 where nothing is left. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number;
  /**
   * The number of the name from bytes[start] up to a double quote, whose index `end` is then; -1 where the name begins or ends with
   * white space, is empty, new, holds a backslash or a control character, or does not end: `ofBytes` may still know it.
   */
  ofQuoted(bytes: Uint8Array, start: number): number;
  readonly end: number;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** @throws TypeError (from `ofBytes`) when a new name is no UTF-8. */
export function createByteNames(): ByteNames {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  /** Spellings seen, one after the other: spelling p is text[ends[p - 1]] … text[ends[p] - 1], and names number numberOf[p]. */
  let text = new Uint8Array(1 << 12);
  let ends = new Int32Array(1 << 8);
  let numberOf = new Int32Array(1 << 8);
  let count = 0;
  /** Where the last `ofQuoted` stopped. */
  let stop = 0;
  /** Open addressing: 1 + the place of a spelling, 0 for an empty slot; a power of two slots, at most half of them used. */
  let slots = new Int32Array(1 << 9);

  const number = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    return names.push(name) - 1;
  };
  const startOf = (place: number) => (place === 0 ? 0 : ends[place - 1]!);
  const spell = (bytes: Uint8Array, start: number, end: number): number => {
    // White space beyond ASCII goes too, so that bytes and texts agree on what a name is.
    const name = decoder.decode(bytes.subarray(start, end)).trim();
    if (name === '') return -1;
    const used = startOf(count);
    while (used + end - start > text.length) text = grown(text, new Uint8Array(2 * text.length));
    if (count === ends.length) {
      ends = grown(ends, new Int32Array(2 * count));
      numberOf = grown(numberOf, new Int32Array(2 * count));
    }
    text.set(bytes.subarray(start, end), used);
    ends[count] = used + end - start;
    numberOf[count] = number(name);
    count += 1;
    if (2 * count > slots.length) rehash();
    else slots[freeSlot(hash(bytes, start, end))] = count;
    return numberOf[count - 1]!;
  };
  const freeSlot = (code: number): number => {
    let slot = code & (slots.length - 1);
    while (slots[slot]! > 0) slot = (slot + 1) & (slots.length - 1);
    return slot;
  };
  const rehash = () => {
    slots = new Int32Array(2 * slots.length);
    for (let place = 0; place < count; place++) slots[freeSlot(hash(text, startOf(place), ends[place]!))] = place + 1;
  };
  return {
    names,
    number,
    ofBytes(bytes, from, to) {
      let start = from;
      let end = to;
      while (start < end && bytes[start]! <= SPACE) start++;
      while (end > start && bytes[end - 1]! <= SPACE) end--;
      if (start === end) return -1;
      const known = find(bytes, start, end, hash(bytes, start, end));
      return known >= 0 ? known : spell(bytes, start, end);
    },
    ofQuoted(bytes, start) {
      let h = HASH_START;
      let end = start;
      for (; end < bytes.length; end++) {
        const byte = bytes[end]!;
        if (byte <= QUOTE) {
          if (byte === QUOTE) break;
          if (byte < SPACE) return -1;
        } else if (byte === BACKSLASH) return -1;
        h = Math.imul(h ^ byte, HASH_STEP);
      }
      if (end === start || end === bytes.length || bytes[start] === SPACE || bytes[end - 1] === SPACE) return -1;
      stop = end;
      return find(bytes, start, end, h ^ (h >>> 15));
    },
    get end() {
      return stop;
    },
  };

  function find(bytes: Uint8Array, start: number, end: number, code: number): number {
    // Locals: what a closure may change is read anew for each byte.
    const [known, table] = [text, slots];
    const mask = table.length - 1;
    for (let slot = code & mask; table[slot]! > 0; slot = (slot + 1) & mask) {
      const place = table[slot]! - 1;
      const first = startOf(place);
      if (ends[place]! - first !== end - start) continue;
      let at = first;
      let i = start;
      while (i < end && known[at] === bytes[i]) {
        at++;
        i++;
      }
      if (i === end) return numberOf[place]!;
    }
    return -1;
  }
}

const HASH_START = 0x811c9dc5;
const HASH_STEP = 0x01000193;

/** FNV-1a with a final shift. Source: Fowler, Noll, Vo; draft-eastlake-fnv. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = HASH_START;
  for (let at = start; at < end; at++) h = Math.imul(h ^ bytes[at]!, HASH_STEP);
  return h ^ (h >>> 15);
}

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
