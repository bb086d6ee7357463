import { mix } from './mix';

/** Finds earlier signatures that agree with one in a whole band. */
export interface BandIndex {
  /** Numbers of entries that may be similar, ascending, each once. Valid until the next call. */
  candidates(signature: Uint32Array): Int32Array;
  /** Adds a signature; its number is the count of those before it. `signatureOf` gives earlier ones again when the tables grow. */
  add(signature: Uint32Array, signatureOf: (entry: number) => Uint32Array): void;
}

/** Entries of a page: chains and bytes never move when the index grows. */
const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const LEAST = 1 << 12;

/**
 * Locality-sensitive hashing by bands (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). A table of chains for each band, and of each
 * signature one byte of every value: `least` bytes must agree (b-bit minwise hashing, Li and König 2010), which sorts
 * out nearly all chance meetings without a look at the texts.
 */
export function createBandIndex({
  permutations,
  bands,
  rows,
  least,
}: {
  permutations: number;
  bands: number;
  rows: number;
  least: number;
}): BandIndex {
  const words = permutations / 4;
  let capacity = LEAST;
  let heads = new Int32Array(capacity * bands).fill(-1);
  const chains: Int32Array[] = [];
  const bytes: Int32Array[] = [];
  const seen: Int32Array[] = [];
  let count = 0;
  let query = 0;
  let found = new Int32Array(256);
  const packed = new Int32Array(words);

  function slotOf(signature: Uint32Array, band: number): number {
    let hash = band;
    for (let row = 0; row < rows; row++)
      hash = Math.imul(hash ^ signature[band * rows + row]!, 0x9e3779b1) ^ (hash >>> 15);
    return band * capacity + (mix(hash) & (capacity - 1));
  }

  function pack(signature: Uint32Array): void {
    for (let word = 0; word < words; word++) {
      const at = 4 * word;
      packed[word] =
        (signature[at]! & 0xff) |
        ((signature[at + 1]! & 0xff) << 8) |
        ((signature[at + 2]! & 0xff) << 16) |
        (signature[at + 3]! << 24);
    }
  }

  /** Whether enough bytes of the packed signature agree with the entry's: zero bytes of the exclusive or, four at a time. */
  function agrees(entry: number): boolean {
    const page = bytes[entry >>> PAGE_BITS]!;
    const start = (entry & (PAGE - 1)) * words;
    let equal = 0;
    for (let word = 0; word < words; word++) {
      const odd = page[start + word]! ^ packed[word]!;
      const zeros = ~(((odd & 0x7f7f7f7f) + 0x7f7f7f7f) | odd | 0x7f7f7f7f);
      equal += Math.imul(zeros >>> 7, 0x01010101) >>> 24;
    }
    return equal >= least;
  }

  function link(entry: number, signature: Uint32Array): void {
    const chain = chains[entry >>> PAGE_BITS]!;
    const start = (entry & (PAGE - 1)) * bands;
    for (let band = 0; band < bands; band++) {
      const slot = slotOf(signature, band);
      chain[start + band] = heads[slot]!;
      heads[slot] = entry;
    }
  }

  return {
    candidates(signature) {
      query += 1;
      pack(signature);
      let size = 0;
      for (let band = 0; band < bands; band++)
        for (let entry = heads[slotOf(signature, band)]!; entry >= 0;) {
          const at = entry & (PAGE - 1);
          const stamps = seen[entry >>> PAGE_BITS]!;
          if (stamps[at] !== query) {
            stamps[at] = query;
            if (agrees(entry)) {
              if (size === found.length) {
                const grown = new Int32Array(2 * size);
                grown.set(found);
                found = grown;
              }
              found[size] = entry;
              size += 1;
            }
          }
          entry = chains[entry >>> PAGE_BITS]![at * bands + band]!;
        }
      return found.subarray(0, size).sort();
    },
    add(signature, signatureOf) {
      if (count % PAGE === 0) {
        chains.push(new Int32Array(PAGE * bands));
        bytes.push(new Int32Array(PAGE * words));
        seen.push(new Int32Array(PAGE));
      }
      pack(signature);
      bytes[count >>> PAGE_BITS]!.set(packed, (count & (PAGE - 1)) * words);
      if (count < capacity) link(count, signature);
      else {
        const own = signature.slice();
        capacity *= 2;
        heads = new Int32Array(capacity * bands).fill(-1);
        for (let entry = 0; entry < count; entry++) link(entry, signatureOf(entry));
        link(count, own);
      }
      count += 1;
    },
  };
}
