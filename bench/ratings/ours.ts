/**
 * One measured process: node ours.js FILE BATTLE_ROUNDS PROMPT_ROUNDS. From the file to the fit, the intervals by battle and by
 * prompt, and the clustered standard errors; prints the ratings of all models and its costs.
 */
import { bootstrap } from '../../src/arena/bootstrap';
import { fitBradleyTerry, POINTS } from '../../src/arena/bradley-terry';
import { quantile } from '../../src/arena/quantile';
import { readBattles } from '../../src/arena/read-battles';
import { contrastVariance, sandwich } from '../../src/arena/sandwich';
import { tallyTable } from '../../src/arena/tally';
import type { Units } from '../../src/arena/units';
import { ownCosts } from '../process';

async function main([file = '', battleRounds = '0', promptRounds = '0']: readonly string[]): Promise<void> {
  const { table } = await readBattles(file);
  const { models, counts, byBattle, byPrompt } = tallyTable(table);
  const { theta } = fitBradleyTerry(counts);
  const all = [...models.keys()];
  const meanWidth = (units: Units, rounds: number): number | null => {
    if (rounds === 0) return null;
    const draws = bootstrap(counts, units, theta, all, { rounds, seed: 0 });
    const widths = draws.map((values) => quantile(values.sort(), 0.975) - quantile(values, 0.025));
    return (POINTS * widths.reduce((sum, width) => sum + width, 0)) / widths.length;
  };
  const byBattleWidth = meanWidth(byBattle(), Number(battleRounds));
  const rounds = Number(promptRounds);
  const prompts = rounds > 0 ? byPrompt() : null;
  const byPromptWidth = prompts && meanWidth(prompts, rounds);
  const covariance = prompts && sandwich(counts, prompts, theta, true);
  const errors =
    covariance && all.map((model) => POINTS * Math.sqrt(contrastVariance(covariance, models.length, model, all)));
  process.stdout.write(
    `${JSON.stringify({
      ratings: Object.fromEntries(models.map((model, index) => [model, POINTS * theta[index]!])),
      byBattleWidth,
      byPromptWidth,
      meanError: errors && errors.reduce((sum, error) => sum + error, 0) / errors.length,
      ...ownCosts(),
    })}\n`,
  );
}

void main(process.argv.slice(2));
