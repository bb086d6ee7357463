import { clustered, share, type Measure } from './clustered';
import { pairKey, winnerOf, type Judgement } from './judgement';

/** How often two sides say the same of the same answers. */
export interface Agreement {
  /** Setup S1 of Zheng et al.: three verdicts, a tie is one of them, an inconsistent judgement is a tie. */
  withTies: Measure;
  /** Setup S2: only where both sides name a winner. */
  withoutTies: Measure;
  /** Cohen's kappa over win, tie and loss. */
  kappa: Measure;
}

/** Two judgements of the same answers. */
type Pair = readonly [Judgement, Judgement];

/** Every human vote beside every readable judgement of the judge on the same question, pair and turn. */
export function agreementWith(human: readonly Judgement[], judge: readonly Judgement[]): Agreement {
  const judged = byPair(judge);
  return agreementOfPairs(
    human.flatMap((vote) => (judged.get(pairKey(vote)) ?? []).map((judgement): Pair => [vote, judgement])),
  );
}

/** Every unordered pair of votes on the same question, pair and turn: what a judge can at most be asked to reach. */
export function agreementAmong(votes: readonly Judgement[]): Agreement {
  const pairs = [...byPair(votes).values()].flatMap((same) =>
    same.flatMap((one, index) => same.slice(index + 1).map((other): Pair => [one, other])),
  );
  return agreementOfPairs(pairs);
}

function byPair(judgements: readonly Judgement[]): Map<string, Judgement[]> {
  const groups = new Map<string, Judgement[]>();
  for (const judgement of judgements) {
    const key = pairKey(judgement);
    const group = groups.get(key);
    if (group) group.push(judgement);
    else groups.set(key, [judgement]);
  }
  return groups;
}

function agreementOfPairs(pairs: readonly Pair[]): Agreement {
  const terms = pairs.flatMap(([one, other]) => {
    const [first, second] = [winnerOf(one), winnerOf(other)];
    if (first === null || second === null) return [];
    const ties = [first === 'tie' ? 1 : 0, second === 'tie' ? 1 : 0] as const;
    const decided = first !== 'tie' && second !== 'tie';
    const same = decided ? first.model === second.model : first === second;
    return [{ question: one.question, sums: [1, same ? 1 : 0, ...ties] as const, decided }];
  });
  return {
    withTies: clustered(terms, share),
    withoutTies: clustered(
      terms.filter(({ decided }) => decided),
      share,
    ),
    kappa: clustered(terms, kappa),
  };
}

/**
 * Cohen's kappa, (p - c)/(1 - c), on the table in which every pair enters once from each side, because which model is called a is
 * arbitrary: the chance of agreement is c = s·t + (1 - s)(1 - t)/2 for shares of ties s and t.
 * Source: Cohen, Educational and Psychological Measurement 20 (1960), 37-46.
 */
function kappa([n, same, ties, otherTies]: readonly number[]): number | null {
  if (!n) return null;
  const [s, t] = [ties! / n, otherTies! / n];
  const chance = s * t + ((1 - s) * (1 - t)) / 2;
  return chance < 1 ? (same! / n - chance) / (1 - chance) : null;
}
