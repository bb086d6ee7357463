import { winRateFinding } from '../findings';
import type { PairOutcomes } from '../outcomes';
import { percent, shortened } from '../text';
import { draw, roomFor, WIDTH, type Chart } from './draw';

/** Players in the map at most: more would leave no room to read a cell. */
export const MOST_IN_MAP = 24;
/** Up to here a cell has room for its number. */
const MOST_WITH_NUMBERS = 14;
/** Characters of a label above a column. */
const COLUMN_LABEL = 16;

interface Cell {
  row: string;
  column: string;
  rate: number;
}

/** Share of games that the player of a row won against that of a column, by a scale from purple over white to orange. */
export function winRateChart(pairs: readonly PairOutcomes[], order: readonly string[]): Promise<Chart> {
  const names = order.slice(0, MOST_IN_MAP);
  const cells: Cell[] = pairs.flatMap(({ a, b, winRate }) =>
    winRate === null || !names.includes(a) || !names.includes(b)
      ? []
      : [
          { row: a, column: b, rate: winRate },
          { row: b, column: a, rate: 1 - winRate },
        ],
  );
  const left = roomFor(names.map((name) => shortened(name)));
  // The columns' labels stand at an angle of 45 degrees.
  const top = Math.round(roomFor(names.map((name) => shortened(name, COLUMN_LABEL))) * Math.SQRT1_2 + 36);
  const side = Math.min(56, (WIDTH - left - 50) / Math.max(1, names.length));
  const numbers = names.length <= MOST_WITH_NUMBERS;
  return draw({
    name: 'win-rates',
    title: winRateFinding(pairs),
    description: `Win rates of rows against columns${names.length < order.length ? `, of the ${names.length} highest rated players of ${order.length}` : ''}. ${cells
      .map(({ row, column, rate }) => `${shortened(row)} against ${shortened(column)}: ${percent(rate)}`)
      .join('; ')}`,
    options: {
      width: WIDTH,
      height: Math.round(names.length * side + top + 10),
      marginLeft: left,
      marginRight: Math.max(20, WIDTH - left - names.length * side),
      marginTop: top,
      marginBottom: 10,
      padding: 0.04,
      x: {
        domain: names,
        axis: 'top',
        label: 'share of games that the row won against the column',
        labelAnchor: 'left',
        labelArrow: 'none',
        labelOffset: top - 12,
        tickFormat: (name: string) => shortened(name, COLUMN_LABEL),
        tickRotate: -45,
        tickSize: 0,
      },
      y: { domain: names, label: null, tickFormat: (name: string) => shortened(name), tickSize: 0 },
      color: { type: 'diverging', scheme: 'PuOr', pivot: 0.5, domain: [0, 1], reverse: true },
    },
    marks: (plot) => [
      plot.cell(cells, { x: 'column', y: 'row', fill: 'rate' }),
      ...(numbers
        ? [
            plot.text(cells, {
              x: 'column',
              y: 'row',
              text: ({ rate }: Cell) => String(Math.round(100 * rate)),
              // Both ends of the scale are dark, whatever the reader's theme.
              fill: ({ rate }: Cell) => (Math.abs(rate - 0.5) > 0.28 ? '#ffffff' : '#1c2128'),
            }),
          ]
        : []),
    ],
  });
}
