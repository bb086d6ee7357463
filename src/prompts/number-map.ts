/** Numbers by number, 16 bytes a slot: a million of them in an eighth of the memory of a `Map`, and nothing for the collector to visit. */
export interface NumberMap {
  /** The value of the key. A key that has none gets this one, and the answer is null. */
  claim(key: number, value: number): number | null;
}

const FULL = 0.6;
const EMPTY = -1;

/** An empty map; keys are whole numbers from 0 on, such as hashes: their low bits choose the slot. */
export function createNumberMap(): NumberMap {
  let keys = new Float64Array(1 << 12).fill(EMPTY);
  let values = new Float64Array(keys.length);
  let size = 0;

  /** The slot of the key, or the empty one where it belongs. */
  function slotOf(key: number): number {
    const mask = keys.length - 1;
    let slot = (key >>> 0) & mask;
    while (keys[slot] !== EMPTY && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values];
    keys = new Float64Array(oldKeys.length * 2).fill(EMPTY);
    values = new Float64Array(keys.length);
    for (let from = 0; from < oldKeys.length; from++) {
      const key = oldKeys[from]!;
      if (key === EMPTY) continue;
      const slot = slotOf(key);
      keys[slot] = key;
      values[slot] = oldValues[from]!;
    }
  }

  return {
    claim(key, value) {
      const slot = slotOf(key);
      if (keys[slot] === key) return values[slot]!;
      keys[slot] = key;
      values[slot] = value;
      size += 1;
      if (size > keys.length * FULL) grow();
      return null;
    },
  };
}

/** 48 bits of a hash in hex as a number: two texts of a million share them with probability 0.002. */
export const hashNumber = (hex: string): number => Number.parseInt(hex.slice(0, 12), 16);
