import { normaliseText } from '../prompt';

/** A text as UTF-16 code units; only the first `length` of them count. */
export interface Units {
  data: Uint8Array | Uint16Array;
  length: number;
}

/**
 * Writes texts as near-duplicates see them: Unicode form NFC, lower case, white space as single blanks. A text shorter than a
 * shingle is filled up with zeros, so that each text has a shingle. One text at a time: each overwrites the last.
 */
export function createUnitWriter(shingle: number): (text: string) => Units {
  let data = new Uint16Array(1024);
  return (text) => {
    const plain = normaliseText(text).toLowerCase();
    const length = Math.max(plain.length, shingle);
    if (length > data.length) data = new Uint16Array(2 * length);
    for (let at = 0; at < plain.length; at++) data[at] = plain.charCodeAt(at);
    data.fill(0, plain.length, length);
    return { data, length };
  };
}

/** Texts by number, from 0 on. */
export interface UnitPages {
  push(units: Units): void;
  get(index: number): Units;
}

const PAGE = 1 << 22;

/** Keeps texts in pages of typed arrays, a byte for each unit where all fit: a fraction of what strings or sets of shingles cost. */
export function createUnitPages(): UnitPages {
  const narrow: Uint8Array[] = [];
  const wide: Uint16Array[] = [];
  // Three numbers per text: page (wide ones below zero), start and length.
  let places = new Int32Array(3 * 4096);
  let count = 0;
  let [narrowUsed, wideUsed] = [PAGE, PAGE];

  const isNarrow = ({ data, length }: Units): boolean => {
    for (let at = 0; at < length; at++) if (data[at]! > 0xff) return false;
    return true;
  };

  return {
    push(units) {
      const { length } = units;
      const part = units.data.subarray(0, length);
      if (3 * count === places.length) {
        const grown = new Int32Array(2 * places.length);
        grown.set(places);
        places = grown;
      }
      if (isNarrow(units)) {
        if (narrowUsed + length > (narrow.at(-1)?.length ?? 0)) {
          narrow.push(new Uint8Array(Math.max(PAGE, length)));
          narrowUsed = 0;
        }
        narrow.at(-1)!.set(part, narrowUsed);
        places.set([narrow.length - 1, narrowUsed, length], 3 * count);
        narrowUsed += length;
      } else {
        if (wideUsed + length > (wide.at(-1)?.length ?? 0)) {
          wide.push(new Uint16Array(Math.max(PAGE, length)));
          wideUsed = 0;
        }
        wide.at(-1)!.set(part, wideUsed);
        places.set([-wide.length, wideUsed, length], 3 * count);
        wideUsed += length;
      }
      count += 1;
    },
    get(index) {
      const page = places[3 * index]!;
      const start = places[3 * index + 1]!;
      const length = places[3 * index + 2]!;
      const data = page >= 0 ? narrow[page]! : wide[-page - 1]!;
      return { data: data.subarray(start, start + length), length };
    },
  };
}
