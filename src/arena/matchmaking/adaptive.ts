import { InputError } from '../input-error';
import type { Observation } from '../types';
import { lookSchedule, type AdaptiveSettings } from './looks';
import { settlePairs, type Pair, type Settled } from './settle';

/** A game or battle of an arena whose prompts are numbered in the order that all pairs walk. */
export interface PlayedOn extends Omit<Observation, 'prompt'> {
  /** Number of the prompt in that order, from 0. */
  at: number;
}

/** Battles to be played: a pair on some prompts. */
export interface Planned {
  pair: Pair;
  prompts: number[];
  /** How much each of its games counts: more than 1 for a pair that rests. */
  weight: number;
}

export interface AdaptivePlan {
  /** What to play next; nothing where it has ended. */
  battles: Planned[];
  /** Pairs whose order stands, in the order in which it was found. */
  settled: Settled[];
  /** Pairs whose order is open. */
  open: Pair[];
  /** Why nothing is left to play; null while something is. */
  end: 'settled' | 'prompts' | 'budget' | null;
  /** The games played, each with the weight that makes up for those that resting pairs left out: what to rate. */
  games: PlayedOn[];
}

/** Every pair of some players, in their order: the full round robin of the paper (arXiv 2407.10627). */
export function allPairs(players: readonly string[]): Pair[] {
  return players.flatMap((a, index) => players.slice(index + 1).map((b): Pair => [a, b]));
}

/**
 * What an arena plays next when it spends its battles where the order of two players is still uncertain. Pure: the same games
 * give the same plan, so that a caller may ask again at any time, with the games so far.
 *
 * All open pairs play the prompts up to the next look; then those whose order is sure rest. Each look but the last has an equal part of the
 * error, which the pairs still open share (Holm's step-down, group-sequential), so that looking often and stopping early are paid
 * for: an arena settles any pair wrongly with a chance of at most `error`. For evaluation only: training data need whole groups.
 * Source: alpha spending, Lan and DeMets, Biometrika 70 (1983), 659-663; Holm, Scand. J. Stat. 6 (1979), 65-70; weights by the
 * inverse of the share played, Horvitz and Thompson, J. Am. Stat. Assoc. 47 (1952), 663-685.
 * Errors (InputError): no pairs or one twice, settings out of range.
 */
export function adaptivePlan(
  pairs: readonly Pair[],
  played: readonly PlayedOn[],
  settings: AdaptiveSettings,
): AdaptivePlan {
  const reached = played.reduce((most, { at }) => Math.max(most, at + 1), 0);
  const places = new Map<string, PlayedOn[]>();
  for (const game of played) {
    const key = keyOf([game.a, game.b], game.at);
    places.set(key, [...(places.get(key) ?? []), game]);
  }
  return walkLooks(pairs, settings, (battles, from) =>
    reached > from
      ? battles.flatMap(({ pair: [a, b], prompts }) => prompts.flatMap((at) => places.get(keyOf([a, b], at)) ?? []))
      : null,
  );
}

/** Key of a pair on a prompt, whoever is named first. */
const keyOf = ([a, b]: Pair, at: number): string => `${at} ${a < b ? `${a}\n${b}` : `${b}\n${a}`}`;

/**
 * Walks the looks of an arena: `take` gives the games of some battles, all on prompts from `from` on, or null where they have not
 * been played; there the walk ends with the plan to play them.
 */
export function walkLooks(
  pairs: readonly Pair[],
  settings: AdaptiveSettings,
  take: (battles: readonly Planned[], from: number) => readonly PlayedOn[] | null,
): AdaptivePlan {
  const keys = pairs.map((pair) => keyOf(pair, 0));
  if (pairs.length === 0 || new Set(keys).size < pairs.length || pairs.some(([a, b]) => a === b))
    throw new InputError('matchmaking needs pairs of two players, each pair once', { field: 'pairs' });
  if (!(settings.error > 0 && settings.error < 1))
    throw new InputError(`must lie between 0 and 1, not ${settings.error}`, { field: 'error' });
  const looks = lookSchedule(settings);

  const games: PlayedOn[] = [];
  const settled: Settled[] = [];
  let open: Pair[] = [...pairs];
  let left = settings.budget ?? Infinity;
  let from = 0;
  const ended = (end: NonNullable<AdaptivePlan['end']>): AdaptivePlan => ({ battles: [], settled, open, end, games });
  for (const look of looks) {
    const wanted = battlesOf(pairs, open, from, look, settings.restShare);
    const { battles, isWhole } = affordable(wanted, left);
    const taken = battles.length > 0 ? take(battles, from) : [];
    if (taken === null) return { battles, settled, open, end: null, games };
    const weights = new Map(battles.map(({ pair: [a, b], weight }) => [keyOf([a, b], 0), weight]));
    for (const game of taken) {
      const { a, b } = game;
      games.push({ ...game, weight: game.weight * (weights.get(keyOf([a, b], 0)) ?? 1) });
    }
    left -= battles.reduce((sum, { prompts }) => sum + prompts.length, 0);
    if (!isWhole) return ended('budget');
    from = look;
    // The last look could spare nothing any more.
    if (look === looks.at(-1)) break;
    const known = games.map(({ at, ...game }): Observation => ({ ...game, prompt: String(at) }));
    const decided = settlePairs(known, open, settings.error / ((looks.length - 1) * open.length));
    settled.push(...decided.map((one) => ({ ...one, prompts: look })));
    const done = new Set(decided.map(({ pair }) => pair));
    open = open.filter((pair) => !done.has(pair));
    if (open.length === 0) return ended('settled');
  }
  return ended('prompts');
}

/** Open pairs on all prompts from `from` to `to` - 1, the others on a share of them, each pair on others so that none is crowded. */
function battlesOf(
  all: readonly Pair[],
  open: readonly Pair[],
  from: number,
  to: number,
  restShare: number,
): Planned[] {
  const isOpen = new Set(open);
  const range = Array.from({ length: to - from }, (_, index) => from + index);
  return all.flatMap((pair, index): Planned[] => {
    if (isOpen.has(pair)) return [{ pair, prompts: range, weight: 1 }];
    const turn = (at: number) => Math.floor((at + index) * restShare);
    const prompts = range.filter((at) => turn(at + 1) > turn(at));
    return prompts.length > 0 ? [{ pair, prompts, weight: 1 / restShare }] : [];
  });
}

/** As many whole prompts of all these battles as the budget allows. */
function affordable(battles: readonly Planned[], left: number): { battles: Planned[]; isWhole: boolean } {
  const perPrompt = new Map<number, number>();
  for (const { prompts } of battles) for (const at of prompts) perPrompt.set(at, (perPrompt.get(at) ?? 0) + 1);
  let sum = 0;
  const paid = new Set<number>();
  for (const [at, count] of [...perPrompt].sort(([x], [y]) => x - y)) {
    sum += count;
    if (sum > left) break;
    paid.add(at);
  }
  if (paid.size === perPrompt.size) return { battles: [...battles], isWhole: true };
  const fitting = battles.map((one) => ({ ...one, prompts: one.prompts.filter((at) => paid.has(at)) }));
  return { battles: fitting.filter(({ prompts }) => prompts.length > 0), isWhole: false };
}
