import type { Story } from '../story';
import { ratingWords, shortened } from '../text';
import { COLOURS, draw, type Chart } from './draw';

/** How the rating of the model went from step to step, with 95% intervals; null where fewer than two steps were rated. */
export async function roundsChart(steps: Story['steps']): Promise<Chart | null> {
  const rated = steps.flatMap(({ label, rating, decision }) =>
    rating
      ? [
          {
            ...{ label: shortened(label, 16), rating: rating.rating, kept: decision.startsWith('kept') },
            ...{ lower: rating.lower ?? rating.rating, upper: rating.upper ?? rating.rating },
          },
        ]
      : [],
  );
  const [first, last] = [rated[0], rated.at(-1)];
  if (!first || !last || rated.length < 2) return null;
  const change = last.rating - first.rating;
  return draw({
    name: 'rounds',
    title: `${last.label} stands ${Math.abs(change).toFixed(0)} points ${change < 0 ? 'below' : 'above'} ${first.label}`,
    description: rated
      .map(({ label, rating, lower, upper }) => `${label}: ${ratingWords(rating, lower, upper)}`)
      .join('; '),
    legend: [
      { label: 'promoted', colour: COLOURS.vermilion },
      ...(rated.some(({ kept }) => kept) ? [{ label: 'sent back by its gate', colour: COLOURS.grey }] : []),
    ],
    options: {
      height: 280,
      marginLeft: 56,
      marginBottom: 48,
      x: { domain: rated.map(({ label }) => label), label: null, tickSize: 0, type: 'point', padding: 0.5 },
      y: { grid: true, label: 'rating and 95% interval', labelAnchor: 'center', labelArrow: 'none', tickFormat: 'd' },
    },
    marks: (plot) => [
      plot.ruleX(rated, { x: 'label', y1: 'lower', y2: 'upper', stroke: COLOURS.blue, strokeWidth: 2.5 }),
      plot.dot(rated, {
        ...{ x: 'label', y: 'rating', r: 5 },
        fill: ({ kept }: { kept: boolean }) => (kept ? COLOURS.grey : COLOURS.vermilion),
      }),
    ],
  });
}
