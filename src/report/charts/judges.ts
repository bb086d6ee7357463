import { agreementFinding, consistencyFinding } from '../findings';
import type { Report } from '../document';
import { percent, shortened } from '../text';
import { COLOURS, draw, roomFor, type Chart } from './draw';

/** How far the judges agree with themselves when the answers change places, and with each other. Null before any readable battle. */
export function judgeChart({ judges, agreement }: Pick<Report, 'judges' | 'agreement'>): Promise<Chart> | null {
  const bars = judges.flatMap(({ judge, inconsistentShare }) =>
    inconsistentShare === null ? [] : [{ bar: `${shortened(judge, 22)} with itself`, share: 1 - inconsistentShare }],
  );
  const [first] = judges;
  if (!first || bars.length === 0) return null;
  if (agreement) bars.push({ bar: 'the two with each other', share: agreement.share });
  return draw({
    name: 'judges',
    title: agreement ? agreementFinding(agreement) : consistencyFinding(first),
    description: bars.map(({ bar, share }) => `${bar}: ${percent(share)}`).join('; '),
    options: {
      height: 60 + bars.length * 34,
      marginLeft: roomFor(bars.map(({ bar }) => bar)),
      marginRight: 56,
      marginBottom: 44,
      x: {
        domain: [0, 100],
        percent: true,
        grid: true,
        label: 'battles in agreement (%)',
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: { domain: bars.map(({ bar }) => bar), label: null, tickSize: 0 },
    },
    marks: (plot) => [
      plot.barX(bars, { x: 'share', y: 'bar', fill: COLOURS.blue, insetTop: 4, insetBottom: 4 }),
      plot.text(bars, {
        x: 'share',
        y: 'bar',
        text: ({ share }: { share: number }) => percent(share),
        textAnchor: 'start',
        dx: 5,
        fill: COLOURS.ink,
      }),
    ],
  });
}
