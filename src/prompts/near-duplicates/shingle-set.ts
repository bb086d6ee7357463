import { mix } from './mix';
import type { Units } from './units';

/** The distinct shingles of one text at a time. */
export interface ShingleSet {
  /** Takes another text. */
  load(units: Units): void;
  /** Number of the distinct shingles. */
  readonly size: number;
  /** How many of them another text has, too; it stops counting once `least` cannot be reached, and then says fewer. */
  common(units: Units, least: number): number;
}

const BASE = 0x01000193;

/**
 * A hash table of places in the text. Shingles are found by a rolling hash but compared unit by unit, so that no collision
 * counts. Slots are stamped with the number of their text instead of being cleared.
 */
export function createShingleSet(shingle: number): ShingleSet {
  let stamps = new Int32Array(1 << 12);
  let places = new Int32Array(stamps.length);
  let met = new Int32Array(stamps.length);
  let text: Units['data'] = new Uint16Array(0);
  let stamp = 0;
  let meeting = 0;
  let size = 0;
  let outgoing = 1;
  for (let unit = 0; unit < shingle; unit++) outgoing = Math.imul(outgoing, BASE);

  const isSame = (place: number, data: Units['data'], at: number): boolean => {
    for (let unit = 0; unit < shingle; unit++) if (text[place + unit] !== data[at + unit]) return false;
    return true;
  };

  /** The slot that holds the shingle which begins at `at`, or the free one where it belongs. */
  function slotOf(hash: number, data: Units['data'], at: number): number {
    const mask = places.length - 1;
    let slot = mix(hash) & mask;
    while (stamps[slot] === stamp && !isSame(places[slot]!, data, at)) slot = (slot + 1) & mask;
    return slot;
  }

  /** The hash of the last `shingle` units, from that of those one place before. */
  function rolled(hash: number, data: Units['data'], at: number): number {
    const added = (Math.imul(hash, BASE) + data[at]!) | 0;
    return at < shingle ? added : (added - Math.imul(data[at - shingle]!, outgoing)) | 0;
  }

  return {
    get size() {
      return size;
    },
    load({ data, length }) {
      [text, size] = [data, 0];
      stamp += 1;
      if (2 * length > places.length) {
        const capacity = 2 ** Math.ceil(Math.log2(2 * length));
        [stamps, places, met] = [new Int32Array(capacity), new Int32Array(capacity), new Int32Array(capacity)];
      }
      let hash = 0;
      for (let at = 0; at < length; at++) {
        hash = rolled(hash, data, at);
        const begin = at - shingle + 1;
        if (begin < 0) continue;
        const slot = slotOf(hash, data, begin);
        if (stamps[slot] === stamp) continue;
        stamps[slot] = stamp;
        places[slot] = begin;
        size += 1;
      }
    },
    common({ data, length }, least) {
      meeting += 1;
      let common = 0;
      let hash = 0;
      for (let at = 0; at < length && common + length - at >= least; at++) {
        hash = rolled(hash, data, at);
        const begin = at - shingle + 1;
        if (begin < 0) continue;
        const slot = slotOf(hash, data, begin);
        if (stamps[slot] !== stamp || met[slot] === meeting) continue;
        met[slot] = meeting;
        common += 1;
      }
      return common;
    },
  };
}
