import type { PairCounts } from './pair-counts';
import { multinomialSampler } from './multinomial';
import { addOuter, mirrorLower, type Units } from './units';

/**
 * Games of one common weight, each a number: 3 · cell + twice what the cell's first player scored. Two bytes a game while
 * there are fewer than 21,846 cells (209 players).
 */
export type Codes = Uint16Array | Uint32Array;

export const createCodes = (size: number, cells: number): Codes =>
  3 * cells <= 1 << 16 ? new Uint16Array(size) : new Uint32Array(size);

/** Writes counted codes as games and scores. */
export function decode(counted: Float64Array | Int32Array, weight: number, { games, scores }: PairCounts): void {
  for (let cell = 0, code = 0; cell < games.length; cell++, code += 3) {
    const ties = counted[code + 1]!;
    const wins = counted[code + 2]!;
    games[cell] = weight * (counted[code]! + ties + wins);
    scores[cell] = weight * (wins + ties / 2);
  }
}

/** Prompts as units: the games of prompt p are codes[offsets[p]] … codes[offsets[p + 1] - 1]. `general` makes the units for some cells only. */
export function codedPrompts(
  codes: Codes,
  offsets: Int32Array,
  cells: number,
  weight: number,
  general: () => Units,
): Units {
  const count = offsets.length - 1;
  return {
    count,
    among: (some) =>
      some.length === cells ? codedPrompts(codes, offsets, cells, weight, general) : general().among(some),
    resampler(random) {
      const times = new Float64Array(count);
      const sample = multinomialSampler(new Float64Array(count).fill(1), random);
      // Integers of four bytes: the innermost loop there is goes through them at random, and half the memory stays nearer.
      const counted = new Int32Array(3 * cells);
      return (into) => {
        sample(times);
        counted.fill(0);
        for (let prompt = 0; prompt < count; prompt++) {
          const often = times[prompt]! | 0;
          if (often === 0) continue;
          const end = offsets[prompt + 1]!;
          for (let at = offsets[prompt]!; at < end; at++) counted[codes[at]!]! += often;
        }
        decode(counted, weight, into);
      };
    },
    meat({ size, first, second }, expected) {
      const meat = new Float64Array(size * size);
      const residual = new Float64Array(size);
      for (let prompt = 0; prompt < count; prompt++) {
        residual.fill(0);
        for (let at = offsets[prompt]!; at < offsets[prompt + 1]!; at++) {
          const code = codes[at]!;
          const cell = (code / 3) | 0;
          const beyond = weight * ((code - 3 * cell) / 2 - expected[cell]!);
          residual[first[cell]!]! += beyond;
          residual[second[cell]!]! -= beyond;
        }
        addOuter(meat, residual, 1);
      }
      return mirrorLower(meat, size);
    },
  };
}

/** Battles as units, one game each: battles of one pair with one outcome are alike, so that resampling costs no more for a million. */
export function codedBattles(counted: Float64Array, weight: number): Units {
  const kinds = Int32Array.from(counted.keys()).filter((code) => counted[code]! > 0);
  return ofKinds(
    kinds,
    Float64Array.from(kinds, (code) => counted[code]!),
    counted.length / 3,
    weight,
  );
}

/** Kinds of battles by their code, -1 for those whose cell is left out, and how many of each there are. */
function ofKinds(kinds: Int32Array, multiplicity: Float64Array, cells: number, weight: number): Units {
  return {
    count: multiplicity.reduce((sum, times) => sum + times, 0),
    among(some) {
      if (some.length === cells) return this;
      const place = new Int32Array(cells).fill(-1);
      some.forEach((cell, index) => (place[cell] = index));
      const moved = kinds.map((code) => {
        const cell = Math.floor(code / 3);
        const here = cell < 0 ? -1 : place[cell]!;
        return here < 0 ? -1 : 3 * here + (code - 3 * cell);
      });
      return ofKinds(moved, multiplicity, some.length, weight);
    },
    resampler(random) {
      const times = new Float64Array(kinds.length);
      const sample = multinomialSampler(multiplicity, random);
      const counted = new Float64Array(3 * cells);
      return (into) => {
        sample(times);
        counted.fill(0);
        for (let kind = 0; kind < kinds.length; kind++) {
          const code = kinds[kind]!;
          if (code >= 0) counted[code]! += times[kind]!;
        }
        decode(counted, weight, into);
      };
    },
    meat({ size, first, second }, expected) {
      const meat = new Float64Array(size * size);
      kinds.forEach((code, kind) => {
        if (code < 0) return;
        const cell = Math.floor(code / 3);
        const square = multiplicity[kind]! * (weight * ((code - 3 * cell) / 2 - expected[cell]!)) ** 2;
        const i = first[cell]!;
        const j = second[cell]!;
        meat[i * size + i]! += square;
        meat[j * size + j]! += square;
        meat[i * size + j]! -= square;
        meat[j * size + i]! -= square;
      });
      return meat;
    },
  };
}
