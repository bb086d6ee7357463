/** A source of uniform 32-bit unsigned integers. */
export type Random = () => number;

/**
 * sfc32 (Chris Doty-Humphrey's Small Fast Counter, PractRand): 128 bits of state, passes PractRand and BigCrush.
 * The seed may be any safe integer; the first 15 outputs are thrown away, as its author does, to spread the seed.
 */
export function sfc32(seed: number): Random {
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** Uniform in the open interval (0, 1), so that its logarithm is finite. */
export function uniform(random: Random): number {
  return (random() + 0.5) / 2 ** 32;
}
