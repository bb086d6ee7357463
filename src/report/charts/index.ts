import type { Report } from '../document';
import { judgeChart } from './judges';
import { outcomeChart } from './outcomes';
import { ratingsChart } from './ratings';
import { winRateChart } from './win-rates';
import type { Chart } from './draw';

export type { Chart } from './draw';

export interface Charts {
  ratings: Chart;
  winRates: Chart;
  outcomes: Chart;
  judges: Chart | null;
}

/** All charts of a report. */
export async function chartsOf({ table, pairs, judges, agreement }: Report): Promise<Charts> {
  const order = table.models.map(({ model }) => model);
  return {
    ratings: await ratingsChart(table.models),
    winRates: await winRateChart(pairs, order),
    outcomes: await outcomeChart(pairs),
    judges: await judgeChart({ judges, agreement }),
  };
}
