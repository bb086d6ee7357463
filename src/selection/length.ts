/**
 * Length of an answer in tokens by one rule for all players: words and punctuation marks. Endpoints count by tokenizers of
 * their own, so their counts do not compare.
 */
export function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu)?.length ?? 0;
}
