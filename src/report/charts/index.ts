import type { Report } from '../document';
import { judgeChart } from './judges';
import { outcomeChart } from './outcomes';
import { ratingsChart } from './ratings';
import { roundsChart } from './rounds';
import { winRateChart } from './win-rates';
import type { Chart } from './draw';

export type { Chart } from './draw';

export interface Charts {
  ratings: Chart;
  winRates: Chart;
  outcomes: Chart;
  judges: Chart | null;
  rounds: Chart | null;
}

/** All charts of a report. */
export async function chartsOf({ table, pairs, judges, agreement, story }: Report): Promise<Charts> {
  const order = table.models.map(({ model }) => model);
  return {
    ratings: await ratingsChart(table.models),
    winRates: await winRateChart(pairs, order),
    outcomes: await outcomeChart(pairs),
    judges: await judgeChart({ judges, agreement }),
    rounds: await roundsChart(story.steps),
  };
}
