import type { Clusters } from './clusters';
import { studentQuantile } from './student-t';
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
  /** Ends of the 95% interval of each rate, in 0 … 1; null for pairs that never met. */
  lower: (number | null)[][];
  upper: (number | null)[][];
}

/**
 * Who beat whom how often, with intervals clustered by prompt where every observation names one, else by battle.
 * Errors: as `tally`.
 */
export function winMatrix(observations: readonly Observation[]): WinMatrix {
  const { models, counts, withoutPrompt, clusters } = tally(observations);
  const zeros = (): number[][] => models.map(() => models.map(() => 0));
  const nulls = (): (number | null)[][] => models.map(() => models.map(() => null));
  const games = zeros();
  const wins = zeros();
  const rates = nulls();
  const lower = nulls();
  const upper = nulls();
  const moments = momentsByCell(clusters(withoutPrompt > 0 ? 'battle' : 'prompt'), counts.first.length);
  for (let cell = 0; cell < counts.first.length; cell++) {
    const i = counts.first[cell]!;
    const j = counts.second[cell]!;
    const [met, won] = [counts.games[cell]!, counts.scores[cell]!];
    games[i]![j] = games[j]![i] = met;
    wins[i]![j] = won;
    wins[j]![i] = met - won;
    rates[i]![j] = won / met;
    rates[j]![i] = (met - won) / met;
    const [low, high] = scoreInterval(met, won, moments[cell]!);
    [lower[i]![j], upper[i]![j]] = [low, high];
    [lower[j]![i], upper[j]![i]] = [1 - high, 1 - low];
  }
  return { models: [...models], games, wins, rates, lower, upper };
}

/** Sums over the clusters of one pair, from which its variance follows at any mean. */
interface Moments {
  clusters: number;
  squaredScores: number;
  scoresTimesGames: number;
  squaredGames: number;
}

function momentsByCell(clusters: Clusters, cells: number): Moments[] {
  const moments = Array.from({ length: cells }, () => ({
    clusters: 0,
    squaredScores: 0,
    scoresTimesGames: 0,
    squaredGames: 0,
  }));
  for (let unit = 0; unit < clusters.multiplicity.length; unit++) {
    const times = clusters.multiplicity[unit]!;
    for (let at = clusters.offsets[unit]!; at < clusters.offsets[unit + 1]!; at++) {
      const own = moments[clusters.cell[at]!]!;
      const [met, won] = [clusters.games[at]!, clusters.scores[at]!];
      own.clusters += times;
      own.squaredScores += times * won * won;
      own.scoresTimesGames += times * won * met;
      own.squaredGames += times * met * met;
    }
  }
  return moments;
}

/**
 * 95% interval of a mean score: Wilson's, with the effective number of games in the place of their number and Student's t in the
 * place of z. The effective number is what independent games would be needed for the variance between clusters, measured with
 * two clusters of average size added, one all won and one all lost. Without them a pair at 0/n, n/n or all ties would have no variance
 * and an interval of no width. With one won or lost game per cluster the effective number is exactly n, and the interval Wilson's.
 * Source: Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212; effective sample size and t: Dean and Pagano, J. Surv. Stat. Methodol. 3
 * (2015), 484-503; the two added clusters: after Agresti and Coull, Am. Stat. 52 (1998), 119-126.
 */
function scoreInterval(games: number, won: number, moments: Moments): [number, number] {
  const { clusters, squaredScores, scoresTimesGames, squaredGames } = moments;
  const size = games / clusters;
  const middle = (won + size) / (games + 2 * size);
  const between =
    squaredScores -
    2 * middle * scoresTimesGames +
    middle * middle * squaredGames +
    size * size * ((1 - middle) ** 2 + middle ** 2);
  const variance = between / (games + 2 * size) ** 2;
  const effective = ((middle * (1 - middle)) / variance) * (clusters / (clusters + 2));
  const t = studentQuantile(0.95, Math.max(clusters - 1, 1));
  const rate = won / games;
  const pull = (t * t) / effective;
  const centre = (rate + pull / 2) / (1 + pull);
  const reach = Math.sqrt(pull * rate * (1 - rate) + (pull * pull) / 4) / (1 + pull);
  // At the ends one limit is exactly 0 or 1; rounding error would put it beside.
  return [rate === 0 ? 0 : Math.max(0, centre - reach), rate === 1 ? 1 : Math.min(1, centre + reach)];
}
