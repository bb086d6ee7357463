/** Characters in a block: about the 16 tokens of vLLM's. */
const BLOCK = 64;

/**
 * A simulated prefix cache as vLLM's automatic prefix caching works: whole blocks, each known by its own text and all before it, the
 * least recently used forgotten first. Tokens are counted as four characters.
 */
export function createPrefixCache(blocks: number) {
  /** In the order of use. */
  const known = new Set<number>();

  return {
    /** Enters a request's text. @returns tokens of it that were there. */
    take(text: string): number {
      let key = 0;
      let hits = 0;
      let whole = true;
      for (let at = 0; at + BLOCK <= text.length; at += BLOCK) {
        for (let i = at; i < at + BLOCK; i++) key = (key * 31 + text.charCodeAt(i)) % 9_007_199_254_740_881;
        key = (key * 33 + at) % 281_474_976_710_597;
        const there = known.delete(key);
        known.add(key);
        if (there && whole) hits++;
        else whole = false;
      }
      for (const oldest of known) {
        if (known.size <= blocks) break;
        known.delete(oldest);
      }
      return (hits * BLOCK) / 4;
    },
  };
}
