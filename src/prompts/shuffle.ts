import { sfc32, uniform } from '../arena/random';

/** A copy in random order (Fisher-Yates), the same for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  const random = sfc32(seed);
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(random) * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
