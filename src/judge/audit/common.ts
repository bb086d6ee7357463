import { UserError } from '../../errors';
import { pairKey, type Judgement } from './judgement';

/** Judgements, at least one, with what an error calls them: a file's name, or a run's. */
export interface Named {
  name: string;
  judgements: readonly Judgement[];
}

/** @throws UserError where no vote is beside any judgement, with what differs. */
export function requireCommon(human: Named, judge: Named): void {
  const judged = new Set(judge.judgements.map(pairKey));
  if (human.judgements.some((vote) => judged.has(pairKey(vote)))) return;
  const onQuestion = new Map(judge.judgements.map((judgement) => [judgement.question, judgement]));
  for (const vote of human.judgements) {
    const other = onQuestion.get(vote.question);
    if (other)
      throw new UserError(
        `${human.name} and ${judge.name} share questions, but never the same two models on the same turn: on question ${vote.question} the first compares ${inWords(vote)}, the second ${inWords(other)}. Give models the same names, and turns the same numbers, in both.`,
      );
  }
  throw new UserError(
    `${human.name} and ${judge.name} share no question, so there is nothing to compare: the first begins with ${human.judgements[0]?.question}, the second with ${judge.judgements[0]?.question}. Give both the same ids of questions.`,
  );
}

function inWords({ a, b, turn }: Judgement): string {
  return `${a} with ${b}${turn === null ? ' (no turn)' : ` (turn ${turn})`}`;
}
