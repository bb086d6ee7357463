import { promptHash } from '../../arena/formats/fields';
import type { Verdict } from '../../arena/outcome';
import type { Prompt } from '../../prompts/prompt';
import type { JudgedBattle } from '../../store/audit';
import { ofGames, type Choice, type Judgement } from './judgement';

/** A run's battles as judgements, under the players' names; the question is the prompt's id. */
export function judgementsOf(battles: readonly JudgedBattle[], names: ReadonlyMap<string, string>): Judgement[] {
  return battles.map(({ prompt, a, b, aFirst, bFirst, lengthA, lengthB }) => ({
    question: prompt,
    turn: null,
    a: names.get(a) ?? a,
    b: names.get(b) ?? b,
    ...(aFirst === 'invalid' || bFirst === 'invalid'
      ? { outcome: 'invalid' as const }
      : ofGames([WINNER[aFirst].whenFirst, WINNER[bFirst].whenSecond])),
    ...(lengthA === null || lengthB === null ? {} : { lengths: [lengthA, lengthB] as const }),
  }));
}

/** The winner of a game, by whether a was shown first or second. */
const WINNER: Readonly<Record<Exclude<Verdict, 'invalid'>, { whenFirst: Choice; whenSecond: Choice }>> = {
  win: { whenFirst: 'a', whenSecond: 'b' },
  loss: { whenFirst: 'b', whenSecond: 'a' },
  tie: { whenFirst: 'tie', whenSecond: 'tie' },
};

/** Votes on a run's prompts, and how many were on none of them. */
export interface PlacedVotes {
  votes: Judgement[];
  elsewhere: number;
}

/**
 * Finds the prompts that votes are on: by the prompt's id or the id that it had at its source, else by what the user wrote. A run's
 * judge sees the dialogue up to the last answer, so a vote on another turn than the prompt's last is elsewhere.
 */
export function placeVotes(votes: readonly Judgement[], prompts: Iterable<Prompt>): PlacedVotes {
  const find = finder(prompts);
  const placed = votes.flatMap((vote): Judgement[] => {
    const prompt = find(vote.question) ?? (vote.asked === undefined ? undefined : find(vote.asked));
    if (prompt === undefined || (vote.turn !== null && vote.turn !== userTurns(prompt).length)) return [];
    return [{ ...vote, question: prompt.id, turn: null }];
  });
  return { votes: placed, elsewhere: votes.length - placed.length };
}

/** By id, source's id or `promptHash`; what several prompts share names none of them. */
function finder(prompts: Iterable<Prompt>): (key: string) => Prompt | undefined {
  const known = new Map<string, Prompt | undefined>();
  for (const prompt of prompts)
    for (const key of new Set([prompt.id, prompt.originalId ?? prompt.id, promptHash(userTurns(prompt))]))
      known.set(key, known.has(key) ? undefined : prompt);
  return (key) => known.get(key);
}

function userTurns({ messages }: Prompt): string[] {
  return messages.filter(({ role }) => role === 'user').map(({ content }) => content);
}
