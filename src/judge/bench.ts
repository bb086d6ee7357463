import { allEnded } from '../all-ended';
import type { Prompt } from '../prompts/prompt';
import type { Answer } from '../store/answers';
import { gameKey, type Game, type GameScores } from '../store/games';
import type { GameText, Judge, JudgeOptions } from './judge';
import { jurySays, type JuryRule } from './jury';

/** Who judges an arena: one judge, or the members of a jury with their rule. */
export interface Bench {
  /** The judge's id, or the jury's. */
  id: string;
  /** Null: one judge alone. */
  rule: JuryRule | null;
  members: readonly Judge[];
}

/** A game to be judged: two answers to a prompt in one order. */
export type Seats = readonly [prompt: Prompt, first: Answer, second: Answer];

export interface BenchDeps {
  /** Games that are stored already by judge, then by `gameKey`; those that come are entered. */
  games(judge: string): Map<string, GameScores>;
  /** Stores a game and returns what stands under its key. */
  store(game: Game): Promise<GameScores>;
  options(judge: string, key: string): JudgeOptions;
}

/**
 * Returns the game of an arena's judge, and asks only for what is not stored. Each member of a jury is asked and stored under
 * its own id, so that a judge that also judges alone is paid once; the jury's game is derived from theirs.
 */
export function createBench({ id, rule, members }: Bench, deps: BenchDeps): (...seats: Seats) => Promise<GameScores> {
  const known = async (judge: string, seats: Seats, play: (key: string) => Promise<GameText>): Promise<GameScores> => {
    const [prompt, first, second] = seats;
    const games = deps.games(judge);
    const key = gameKey(prompt.id, first.player, second.player);
    const stored = games.get(key);
    if (stored) return stored;
    const place = { judge, prompt: prompt.id, first: first.player, second: second.player };
    const game = await deps.store({ ...place, ...(await play(key)) });
    games.set(key, game);
    return game;
  };
  const ask = (member: Judge, seats: Seats): Promise<GameScores> =>
    known(member.id, seats, (key) => {
      const [prompt, first, second] = seats;
      return member.judge(prompt.messages, first.text, second.text, deps.options(member.id, key));
    });
  const askAll = (seats: Seats) => allEnded(members.map((member) => ask(member, seats)));
  return async (...seats) => {
    if (rule !== null) return known(id, seats, async () => juryGame(rule, await askAll(seats)));
    const [game] = await askAll(seats);
    if (!game) throw new Error(`the arena's judge ${id} has no members`);
    return game;
  };
}

/** The game of a jury as it is stored: its text tells the members' games, and nobody is paid for it. */
export function juryGame(rule: JuryRule, games: readonly GameScores[]): GameText {
  const text = games.map(({ verdict, scoreFirst, scoreSecond }, index) =>
    [`member ${index + 1}: ${verdict}`, ...(scoreFirst === null ? [] : [`${scoreFirst} to ${scoreSecond}`])].join(', '),
  );
  return {
    text: text.join('\n'),
    ...jurySays(rule, games),
    finishReason: 'jury',
    promptTokens: 0,
    completionTokens: 0,
  };
}
