import { tellingWords } from '../embed/words';

/**
 * The words that are typical of each cluster, most typical first: c-TF-IDF (Grootendorst 2022, BERTopic, eq. 1), a word's share
 * of the cluster's words times log(1 + mean words of a cluster / the word's count in all). Equal ones in order of the alphabet.
 * @param cluster of each text, from 0 to k - 1.
 */
export function typicalWords(
  texts: readonly string[],
  { assignment, k, words: most = 5 }: { assignment: ArrayLike<number>; k: number; words?: number },
): string[][] {
  const counts = Array.from({ length: k }, () => new Map<string, number>());
  const everywhere = new Map<string, number>();
  texts.forEach((text, row) => {
    const own = counts[assignment[row] ?? -1];
    for (const word of tellingWords(text)) {
      own?.set(word, (own.get(word) ?? 0) + 1);
      everywhere.set(word, (everywhere.get(word) ?? 0) + 1);
    }
  });
  const mean = [...everywhere.values()].reduce((sum, count) => sum + count, 0) / Math.max(1, k);
  // The cluster's number of words divides all of its scores alike, and so does not change their order.
  const score = (word: string, count: number) => count * Math.log(1 + mean / everywhere.get(word)!);
  return counts.map((own) =>
    [...own]
      .map(([word, count]) => ({ word, score: score(word, count) }))
      .sort((a, b) => b.score - a.score || (a.word < b.word ? -1 : 1))
      .slice(0, most)
      .map(({ word }) => word),
  );
}
