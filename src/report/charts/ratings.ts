import type { RatedModel } from '../../arena/types';
import { ratingFinding } from '../findings';
import { ratingWords, shortened } from '../text';
import { COLOURS, draw, roomFor, type Chart } from './draw';

/** Ratings with their 95% intervals, best first; an end without a limit runs to the chart's edge and ends in an arrow. */
export function ratingsChart(models: readonly RatedModel[]): Promise<Chart> {
  const values = models.flatMap(({ rating, lower, upper }) => [rating, lower ?? rating, upper ?? rating]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(10, (most - least) * 0.08);
  const domain: [number, number] = [least - margin, most + margin];
  const open = models.filter(({ lower, upper }) => (lower === null) !== (upper === null));
  const ranges = models.flatMap(({ model, lower, upper }) =>
    lower === null && upper === null ? [] : [{ model, lower: lower ?? domain[0], upper: upper ?? domain[1] }],
  );
  return draw({
    name: 'ratings',
    title: ratingFinding(models),
    description: models
      .map(({ model, rating, lower, upper }) => `${shortened(model)}: ${ratingWords(rating, lower, upper)}`)
      .join('; '),
    options: {
      height: 60 + models.length * 26,
      marginLeft: roomFor(models.map(({ model }) => shortened(model))),
      marginBottom: 44,
      marginRight: 40,
      x: {
        domain,
        grid: true,
        label: 'rating (Bradley-Terry points) and 95% interval',
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: 'd',
      },
      y: {
        domain: models.map(({ model }) => model),
        label: null,
        tickFormat: (name: string) => shortened(name),
        tickSize: 0,
      },
    },
    marks: (plot) => [
      plot.ruleY(ranges, {
        x1: 'lower',
        x2: 'upper',
        y: 'model',
        stroke: COLOURS.blue,
        strokeWidth: 2.5,
        strokeLinecap: 'round',
      }),
      plot.text(open, {
        x: ({ lower }: RatedModel) => (lower === null ? domain[0] : domain[1]),
        y: 'model',
        text: ({ lower }: RatedModel) => (lower === null ? '◀' : '▶'),
        fill: COLOURS.blue,
      }),
      plot.dot(models, { x: 'rating', y: 'model', r: 5, fill: COLOURS.vermilion }),
      plot.text(models, {
        x: 'rating',
        y: 'model',
        text: ({ rating }: RatedModel) => rating.toFixed(0),
        dy: -11,
        fill: COLOURS.ink,
      }),
    ],
  });
}
