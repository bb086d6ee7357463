import { uniform, type Random } from './random';

/** Below this mean count per kind, drawing the items one by one is quicker than one binomial per kind. */
const DIRECT_BELOW = 8;

/**
 * Bootstrap counts: how often each kind comes up when `sum(multiplicity)` items are drawn with replacement from as many,
 * of which kind k holds multiplicity[k] (positive integers). Cost per draw: the number of kinds, not of items, once kinds are large.
 */
export function multinomialSampler(multiplicity: Float64Array, random: Random): (counts: Float64Array) => void {
  const kinds = multiplicity.length;
  const total = multiplicity.reduce((sum, count) => sum + count, 0);
  if (total >= kinds * DIRECT_BELOW) {
    return (counts) => {
      let left = total;
      let items = total;
      for (let k = 0; k < kinds; k++) {
        const here = multiplicity[k]!;
        const drawn = items === here ? left : binomial(random, left, here / items);
        counts[k] = drawn;
        left -= drawn;
        items -= here;
      }
    };
  }
  const kindOf = new Uint32Array(total);
  for (let k = 0, item = 0; k < kinds; k++) for (let i = multiplicity[k]!; i > 0; i--) kindOf[item++] = k;
  return (counts) => {
    counts.fill(0);
    for (let i = 0; i < total; i++) counts[kindOf[Math.floor((random() / 2 ** 32) * total)]!]! += 1;
  };
}

/** One binomial draw, exact for every n ≥ 0 and 0 ≤ p ≤ 1. */
export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  return n * p < 10 ? byInversion(random, n, p) : byRejection(random, n, p);
}

/** Walks up the distribution function: about np steps. */
function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  let mass = Math.exp(n * Math.log1p(-p));
  let left = uniform(random);
  let k = 0;
  while (left > mass && k < n) {
    left -= mass;
    k += 1;
    mass *= (odds * (n - k + 1)) / k;
  }
  return k;
}

/** Transformed rejection BTRS for np ≥ 10, p ≤ ½. Source: Hörmann, J. Stat. Comput. Simul. 46 (1993), 101-110. */
function byRejection(random: Random, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const logOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = uniform(random) - 0.5;
    const v = uniform(random);
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + centre);
    if (k < 0 || k > n) continue;
    if (distance >= 0.07 && v <= squeeze) return k;
    const height = Math.log((v * alpha) / (a / (distance * distance) + b));
    const mass =
      logFactorial(mode) + logFactorial(n - mode) - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds;
    if (height <= mass) return k;
  }
}

const SMALL_LOG_FACTORIALS = [0, 0];
for (let k = 2; k < 16; k++) SMALL_LOG_FACTORIALS.push(SMALL_LOG_FACTORIALS[k - 1]! + Math.log(k));

/** ln k!, by Stirling's series from 16 on (error below 1e-12). */
function logFactorial(k: number): number {
  const small = SMALL_LOG_FACTORIALS[k];
  if (small !== undefined) return small;
  const x = k + 1;
  const square = x * x;
  return (
    (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / x
  );
}
