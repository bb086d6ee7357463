import type { Names } from '../battle-table';

/** Numbers for names as they stand in a file, without a string for each time that a name comes up. */
export interface ByteNames extends Names {
  /** The number of the name in bytes[start] … bytes[end - 1], without white space around it; -1 where nothing is left. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number;
}

const SPACE = 0x20;

/** @throws TypeError (from `ofBytes`) when a new name is no UTF-8. */
export function createByteNames(): ByteNames {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  /** Spellings seen, each a copy of its bytes, and the number of its name. */
  const spellings: Uint8Array[] = [];
  const numberOf: number[] = [];
  /** Open addressing: places of spellings, -1 for an empty slot; a power of two slots, at most half of them used. */
  let slots = new Int32Array(1 << 10).fill(-1);

  const number = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    return names.push(name) - 1;
  };
  const grow = () => {
    slots = new Int32Array(2 * slots.length).fill(-1);
    spellings.forEach((spelling, place) => {
      let slot = hash(spelling, 0, spelling.length) & (slots.length - 1);
      while (slots[slot]! >= 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = place;
    });
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
      let slot = hash(bytes, start, end) & (slots.length - 1);
      for (let place = slots[slot]!; place >= 0; place = slots[slot]!) {
        if (same(spellings[place]!, bytes, start, end)) return numberOf[place]!;
        slot = (slot + 1) & (slots.length - 1);
      }
      const spelling = bytes.slice(start, end);
      // White space beyond ASCII goes too, so that bytes and texts agree on what a name is.
      const name = decoder.decode(spelling).trim();
      if (name === '') return -1;
      slots[slot] = spellings.push(spelling) - 1;
      numberOf.push(number(name));
      if (2 * spellings.length > slots.length) grow();
      return numberOf.at(-1)!;
    },
  };
}

/** FNV-1a with a final shift. Source: Fowler, Noll, Vo; draft-eastlake-fnv. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let at = start; at < end; at++) h = Math.imul(h ^ bytes[at]!, 0x01000193);
  return h ^ (h >>> 15);
}

function same(spelling: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (spelling.length !== end - start) return false;
  for (let i = 0; i < spelling.length; i++) if (spelling[i] !== bytes[start + i]) return false;
  return true;
}
