import { bootstrap } from '../../src/arena/bootstrap';
import { tableOf } from '../../src/arena/battle-table';
import { fitBradleyTerry } from '../../src/arena/bradley-terry';
import { quantile } from '../../src/arena/quantile';
import { sfc32 } from '../../src/arena/random';
import { contrastVariance, sandwich } from '../../src/arena/sandwich';
import { studentQuantile } from '../../src/arena/student-t';
import { tallyTable } from '../../src/arena/tally';
import { randomBattles, truth, type World } from './simulate';

/** Which intervals held the truth, over all models of some arenas. */
export interface Coverage {
  intervals: number;
  byPrompt: number;
  sandwichT: number;
  byBattle: number;
}

/** Eight models, 40 battles a prompt, an effect of .6: as in the shared notes' prototype (peers-measured.md, A5). */
const WORLD = { strengths: Array.from({ length: 8 }, (_, i) => -1 + (2 * i) / 7), effect: 0.6, ties: 0.15 };
const PER_PROMPT = 40;
const ROUNDS = 1000;

/** Simulates arenas of so many prompts and counts which of their 95% intervals hold the truth. */
export function coverageOf(prompts: number, arenas: number, seed: number): Coverage {
  const world: World = { ...WORLD, prompts };
  const expected = truth(world);
  const models = [...expected.keys()];
  const coverage: Coverage = { intervals: 0, byPrompt: 0, sandwichT: 0, byBattle: 0 };
  for (let arena = 0; arena < arenas; arena++) {
    const run = seed * 1_000_003 + arena;
    const { counts, byPrompt, byBattle } = tallyTable(tableOf(randomBattles(world, PER_PROMPT, sfc32(run))));
    const { theta } = fitBradleyTerry(counts);
    const units = byPrompt();
    const prompted = bootstrap(counts, units, theta, models, { rounds: ROUNDS, seed: run });
    const battled = bootstrap(counts, byBattle(), theta, models, { rounds: ROUNDS, seed: run });
    const covariance = sandwich(counts, units, theta, true);
    const t = studentQuantile(0.95, units.count - 1);
    for (const model of models) {
      coverage.intervals += 1;
      if (holds(prompted[model]!, expected[model]!)) coverage.byPrompt += 1;
      if (holds(battled[model]!, expected[model]!)) coverage.byBattle += 1;
      const se = Math.sqrt(contrastVariance(covariance, models.length, model, models));
      if (Math.abs(theta[model]! - expected[model]!) <= t * se) coverage.sandwichT += 1;
    }
  }
  return coverage;
}

function holds(draws: Float64Array, value: number): boolean {
  const sorted = draws.slice().sort();
  return quantile(sorted, 0.025) <= value && value <= quantile(sorted, 0.975);
}
