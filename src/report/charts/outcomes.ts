import type { Outcome } from '../../arena/outcome';
import { outcomeFinding } from '../findings';
import { OUTCOMES, type PairOutcomes } from '../outcomes';
import { shortened } from '../text';
import { COLOURS, draw, roomFor, type Chart } from './draw';

/** Pairs in the chart at most; the table beside it has all. */
export const MOST_PAIRS = 28;

const COLOUR: Readonly<Record<Outcome, string>> = {
  win: COLOURS.blue,
  tie: COLOURS.grey,
  loss: COLOURS.vermilion,
  inconsistent: COLOURS.orange,
  invalid: COLOURS.purple,
  failed: COLOURS.ink,
};

/** How each pair's battles ended, as bars of equal length; win and loss are those of the player named first. */
export function outcomeChart(pairs: readonly PairOutcomes[]): Promise<Chart> {
  const rows = pairs.slice(0, MOST_PAIRS);
  const name = ({ a, b }: PairOutcomes) => JSON.stringify([a, b]);
  const label = new Map(rows.map((pair) => [name(pair), `${shortened(pair.a, 15)} – ${shortened(pair.b, 15)}`]));
  const parts = rows.flatMap((pair) =>
    OUTCOMES.map((outcome) => ({ pair: name(pair), outcome, battles: pair[outcome] })),
  );
  return draw({
    name: 'outcomes',
    title: outcomeFinding(pairs),
    description: `Outcomes by pair${rows.length < pairs.length ? `, the first ${rows.length} of ${pairs.length} pairs` : ''}. ${rows
      .map(
        (pair) =>
          `${label.get(name(pair)) ?? ''}: ${OUTCOMES.map((outcome) => `${pair[outcome]} ${outcome}`).join(', ')}`,
      )
      .join('; ')}`,
    legend: OUTCOMES.map((outcome) => ({
      label: outcome === 'win' ? 'first wins' : outcome === 'loss' ? 'second wins' : outcome,
      colour: COLOUR[outcome],
    })),
    options: {
      height: 60 + rows.length * 26,
      marginLeft: roomFor([...label.values()]),
      marginRight: 24,
      marginBottom: 44,
      x: { percent: true, label: 'share of battles (%)', labelAnchor: 'center', labelArrow: 'none', grid: true },
      y: { domain: [...label.keys()], label: null, tickFormat: (key: string) => label.get(key) ?? '', tickSize: 0 },
      color: { domain: [...OUTCOMES], range: OUTCOMES.map((outcome) => COLOUR[outcome]) },
    },
    marks: (plot) => [
      plot.barX(
        parts,
        plot.stackX(
          { offset: 'normalize', order: [...OUTCOMES] },
          { x: 'battles', y: 'pair', fill: 'outcome', z: 'outcome' },
        ),
      ),
    ],
  });
}
