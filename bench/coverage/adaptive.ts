import { tableOf, type BattleTable } from '../../src/arena/battle-table';
import { fitBradleyTerry } from '../../src/arena/bradley-terry';
import { allPairs, walkLooks, type Planned, type PlayedOn } from '../../src/arena/matchmaking/adaptive';
import { ADAPTIVE_DEFAULTS } from '../../src/arena/matchmaking/looks';
import { sfc32 } from '../../src/arena/random';
import { contrastVariance, sandwich } from '../../src/arena/sandwich';
import { studentQuantile } from '../../src/arena/student-t';
import { tallyTable } from '../../src/arena/tally';
import type { Observation } from '../../src/arena/types';
import { nameOf, normal, openArena, truth, type World } from './simulate';

/** Sums over arenas, each played in full and adaptively on the same games. */
export interface AdaptiveSums {
  arenas: number;
  games: number;
  fullGames: number;
  /** Pairs whose difference the full arena's 95% interval separates from zero, and those of them that the adaptive one does. */
  separated: number;
  alsoSeparated: number;
  width: number;
  fullWidth: number;
  intervals: number;
  covered: number;
  fullCovered: number;
  /** Arenas that settled a pair against the true order. */
  wrong: number;
}

/** Ten models with normal strengths (standard deviation 1, 174 points), 500 prompts, two games a battle, an effect of .6 on each prompt. */
const MODELS = 10;
const WORLD = { prompts: 500, effect: 0.6, ties: 0.15 };

export function adaptiveOf(arenas: number, seed: number): AdaptiveSums {
  const sums: AdaptiveSums = {
    ...{ arenas, games: 0, fullGames: 0, separated: 0, alsoSeparated: 0, width: 0, fullWidth: 0 },
    ...{ intervals: 0, covered: 0, fullCovered: 0, wrong: 0 },
  };
  for (let arena = 0; arena < arenas; arena++) playBoth(seed * 1_000_003 + arena, sums);
  return sums;
}

function playBoth(seed: number, sums: AdaptiveSums): void {
  const random = sfc32(seed);
  const drawn = Array.from({ length: MODELS }, () => normal(random));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / MODELS;
  const world: World = { ...WORLD, strengths: drawn.map((value) => value - mean) };
  const expected = truth(world);
  const players = drawn.map((_, model) => nameOf(model));
  const play = openArena(world, random);
  const games = new Map(
    allPairs(players).map(([a, b]) => {
      const [i, j] = [players.indexOf(a), players.indexOf(b)];
      const own = Array.from({ length: world.prompts }, (_, at): PlayedOn[] =>
        [play(at, i, j), play(at, i, j)].map((score) => ({ a, b, score, weight: 0.5, at })),
      );
      return [`${a} ${b}`, own];
    }),
  );
  const take = (battles: readonly Planned[]) =>
    battles.flatMap(({ pair: [a, b], prompts }) => prompts.flatMap((at) => games.get(`${a} ${b}`)![at]!));

  const { settled, games: kept } = walkLooks(allPairs(players), { ...ADAPTIVE_DEFAULTS, prompts: world.prompts }, take);
  const full = rated([...games.values()].flat(2));
  const adaptive = rated(kept);

  sums.games += kept.length;
  sums.fullGames += allPairs(players).length * world.prompts * 2;
  if (
    settled.some(
      ({ pair: [a, b], winner }) => winner !== (expected[players.indexOf(a)]! > expected[players.indexOf(b)]! ? a : b),
    )
  )
    sums.wrong += 1;
  for (const [a, b] of allPairs(players)) {
    const [i, j] = [players.indexOf(a), players.indexOf(b)];
    if (!full.separates(i, j)) continue;
    sums.separated += 1;
    if (adaptive.separates(i, j)) sums.alsoSeparated += 1;
  }
  expected.forEach((value, model) => {
    sums.intervals += 1;
    sums.width += adaptive.half(model);
    sums.fullWidth += full.half(model);
    if (Math.abs(adaptive.theta[model]! - value) <= adaptive.half(model)) sums.covered += 1;
    if (Math.abs(full.theta[model]! - value) <= full.half(model)) sums.fullCovered += 1;
  });
}

function rated(played: readonly PlayedOn[]) {
  return separations(tableOf(played.map(({ at, ...game }): Observation => ({ ...game, prompt: String(at) }))));
}

/** The fit with 95% intervals clustered by prompt, of models and of differences. */
export function separations(table: BattleTable) {
  const { counts, byPrompt } = tallyTable(table);
  const units = byPrompt();
  const { theta } = fitBradleyTerry(counts);
  const covariance = sandwich(counts, units, theta, true);
  const t = studentQuantile(0.95, units.count - 1);
  const all = [...theta.keys()];
  const reach = (model: number, others: readonly number[]) =>
    t * Math.sqrt(contrastVariance(covariance, counts.size, model, others));
  return {
    theta,
    half: (model: number) => reach(model, all),
    separates: (i: number, j: number) => Math.abs(theta[i]! - theta[j]!) > reach(i, [j]),
  };
}
