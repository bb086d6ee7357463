import { battleOutcome, type Verdict } from '../../arena/outcome';

/** A side of a pair, or neither. */
export type Choice = 'a' | 'b' | 'tie';

/** What somebody, a judge or a person, said about two answers to one question. */
export interface Judgement {
  question: string;
  /** `promptHash` of what the user wrote, where the source holds it beside the question's id. */
  asked?: string;
  /** The turn that was judged, null where the source names none. */
  turn: number | null;
  a: string;
  b: string;
  /** `inconsistent`: the two games, with the answers swapped, name different winners. `invalid`: it could not be read. */
  outcome: Choice | 'inconsistent' | 'invalid';
  /** The winner of each game where both are known: in the first a was shown first, in the second b. */
  games?: readonly [Choice, Choice];
  /** Characters of a's and b's answers, where the source holds them. */
  lengths?: readonly [number, number];
}

const VERDICTS: Readonly<Record<Choice, Verdict>> = { a: 'win', b: 'loss', tie: 'tie' };

/** What two games with the answers swapped say together, by the rules of a battle. */
export function ofGames(games: readonly [Choice, Choice]): Pick<Judgement, 'outcome' | 'games'> {
  const outcome = battleOutcome(VERDICTS[games[0]], VERDICTS[games[1]]);
  return {
    games,
    outcome: outcome === 'win' ? 'a' : outcome === 'loss' ? 'b' : outcome === 'tie' ? 'tie' : 'inconsistent',
  };
}

/** The same answers to the same question, whoever is named first. */
export function pairKey({ question, turn, a, b }: Judgement): string {
  return JSON.stringify([question, turn, ...[a, b].sort()]);
}

/** The winner's name, or `tie`; an inconsistent judgement counts as a tie (Zheng et al. 2023, section 3.4); null: none can be read. */
export function winnerOf({ outcome, a, b }: Judgement): { model: string } | 'tie' | null {
  if (outcome === 'invalid') return null;
  return outcome === 'a' ? { model: a } : outcome === 'b' ? { model: b } : 'tie';
}
