import { tally } from './tally';
import type { Observation } from './types';

export interface WinMatrix {
  /** Sorted by name; the order of rows and columns. */
  models: string[];
  /** games[i][j]: games of i against j (sums of weights). */
  games: number[][];
  /** wins[i][j]: what i scored against j, a tie half a win. */
  wins: number[][];
  /** wins / games, null for pairs that never met. */
  rates: (number | null)[][];
}

/** Who beat whom how often. Errors: as `tally`. */
export function winMatrix(observations: readonly Observation[]): WinMatrix {
  const { models, counts } = tally(observations);
  const zeros = (): number[][] => models.map(() => models.map(() => 0));
  const games = zeros();
  const wins = zeros();
  for (let cell = 0; cell < counts.first.length; cell++) {
    const i = counts.first[cell]!;
    const j = counts.second[cell]!;
    games[i]![j] = games[j]![i] = counts.games[cell]!;
    wins[i]![j] = counts.scores[cell]!;
    wins[j]![i] = counts.games[cell]! - counts.scores[cell]!;
  }
  const rates = games.map((row, i) => row.map((count, j) => (count > 0 ? wins[i]![j]! / count : null)));
  return { models: [...models], games, wins, rates };
}
