import { clustered, share, type Measure } from './clustered';
import type { Choice, Judgement } from './judgement';

/** What the place of an answer does to its verdict. */
export interface PositionBias {
  /** Share of the readable judgements whose two games name different winners; `n` 0 where the source knows no games. */
  inconsistent: Measure;
  /**
   * First-shown advantage: mean score of the answer shown first over both games (win 1, tie ½, loss 0), less the ½ that it has without
   * bias, because each answer is shown first once. `n` counts battles.
   */
  advantage: Measure;
}

const FIRST: Readonly<Record<Choice, number>> = { a: 1, tie: 0.5, b: 0 };

export function positionBias(judgements: readonly Judgement[]): PositionBias {
  const readable = judgements.filter(({ outcome }) => outcome !== 'invalid');
  const swapped = readable.some(({ games, outcome }) => games !== undefined || outcome === 'inconsistent');
  return {
    inconsistent: clustered(
      (swapped ? readable : []).map(({ question, outcome }) => ({
        question,
        sums: [1, outcome === 'inconsistent' ? 1 : 0] as const,
      })),
      share,
    ),
    advantage: clustered(
      readable.flatMap(({ question, games }) =>
        games ? [{ question, sums: [1, (FIRST[games[0]] - FIRST[games[1]]) / 2] as const }] : [],
      ),
      share,
    ),
  };
}
