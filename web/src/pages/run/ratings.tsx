import { useCallback, useMemo } from 'react';
import { Link } from 'react-router';
import type { RunDetail } from '../../../../src/dashboard/schemas/runs';
import { runPath } from '../../api';
import { Chart, others, type Palette, type Plot } from '../../charts/plot';
import { interval, points, shortened } from '../../format';
import { plainName } from '../../hostile';
import { Card, Empty, Name } from '../../parts/basic';
import { Table } from '../../parts/table';

interface Point {
  at: string;
  who: string;
  rating: number;
  lower: number;
  upper: number;
}

/** Ratings over the steps, as each table was published: the target with its interval, against every competitor. */
export function Ratings({ detail }: { detail: RunDetail }) {
  const { ratings, competitors, row } = detail;
  const target = row.kind === 'arena' ? null : 'our model';
  const { ours, theirs, labels } = useMemo(() => seriesOf(ratings, competitors), [ratings, competitors]);
  const draw = useCallback(
    (plot: Plot, { colours, narrow }: { colours: Palette; narrow: boolean }) =>
      target === null
        ? boardOptions(plot, theirs, colours)
        : linesOptions(plot, { ours, theirs, labels, colours, narrow }),
    [ours, theirs, labels, target],
  );
  const newest = ratings.at(-1);
  const first = ours[0];
  const last = ours.at(-1);
  const finding =
    first && last && first !== last
      ? `${last.rating >= first.rating ? 'Up' : 'Down'} ${Math.abs(last.rating - first.rating).toFixed(0)} points since ${first.at}`
      : undefined;
  return (
    <Card
      title="Rating"
      side={
        <span className="side">
          {finding !== undefined && <span className="note">{finding}</span>}
          <Link to={runPath(row.run, '/leaderboard')}>Leaderboard</Link>
        </span>
      }
    >
      {newest === undefined ? (
        <Empty title="Nobody is rated yet">
          The first table comes when the start has met every competitor on the test set.
        </Empty>
      ) : (
        <>
          <Chart
            height={target === null ? 60 + 30 * newest.models.length : HEIGHT}
            label={
              target === null
                ? 'Ratings with their 95% intervals; the table below holds the figures'
                : `Rating of our model after each step with its 95% interval, beside the competitors; the table below holds the figures`
            }
            draw={draw}
            png={`ratings-${row.run.replace(/[^\w.-]/g, '_')}.png`}
            title={`${plainName(row.run)}: ratings`}
          />
          <details>
            <summary>Figures</summary>
            <Table
              label="Ratings by step"
              rows={target === null ? theirs : [...ours, ...theirs.filter((one) => one.at === labels.at(-1))]}
              keyOf={({ at, who }) => `${at} ${who}`}
              columns={[
                { name: 'After', cell: ({ at }) => at },
                { name: 'Model', cell: ({ who }) => <Name>{who}</Name> },
                { name: 'Rating', number: true, cell: ({ rating }) => points(rating) },
                { name: '95% interval', number: true, cell: ({ lower, upper }) => interval(lower, upper) },
              ]}
            />
          </details>
        </>
      )}
    </Card>
  );
}

function seriesOf(ratings: RunDetail['ratings'], competitors: RunDetail['competitors']) {
  const known = new Set(competitors.map(({ id }) => id));
  const ours: Point[] = [];
  const theirs: Point[] = [];
  for (const { label, model, models } of ratings)
    for (const { model: who, rating, lower, upper } of models) {
      const point = { at: label, who, rating, lower: lower ?? rating, upper: upper ?? rating };
      if (who === model) ours.push(point);
      else if (known.has(who)) theirs.push(point);
    }
  return { ours, theirs, labels: [...new Set(ratings.map(({ label }) => label))] };
}

interface Lines {
  ours: Point[];
  theirs: Point[];
  labels: string[];
  colours: Palette;
  narrow: boolean;
}

const [HEIGHT, TOP, BOTTOM] = [300, 24, 40];
/** What a label takes of the height. */
const LABEL = 15;

function linesOptions(plot: Plot, { ours, theirs, labels, colours, narrow }: Lines) {
  const names = [...new Set(theirs.map(({ who }) => who))];
  const hues = others(colours);
  const colour = (who: string) => hues[names.indexOf(who) % hues.length] ?? colours.quiet;
  const lastOf = names.flatMap((who) => theirs.findLast((one) => one.who === who) ?? []);
  const all = [...ours.flatMap(({ lower, upper }) => [lower, upper]), ...theirs.map(({ rating }) => rating)];
  const [least, most] = [Math.min(...all) - 8, Math.max(...all) + 8];
  const ends = spaced(lastOf, (HEIGHT - TOP - BOTTOM) / (most - least));
  return {
    marginLeft: 48,
    marginTop: TOP,
    marginRight: narrow ? 76 : 120,
    marginBottom: BOTTOM,
    x: {
      type: 'point' as const,
      domain: labels,
      label: null,
      tickFormat: (label: string) => label.replace(/-a\d+$/, ''),
      tickSize: 0,
      padding: 0.3,
      // On a phone the labels of many steps would run into each other.
      tickRotate: narrow && labels.length > 4 ? -35 : 0,
    },
    y: { label: null, grid: true, domain: [least, most], ticks: 6, tickFormat: 'd', tickSize: 0 },
    marks: [
      ...names.map((who) =>
        plot.line(
          theirs.filter((one) => one.who === who),
          { x: 'at', y: 'rating', stroke: colour(who), strokeWidth: 1.5, strokeOpacity: 0.8 },
        ),
      ),
      plot.dot(theirs, { x: 'at', y: 'rating', r: 2, fill: (one: Point) => colour(one.who) }),
      plot.areaY(ours, { x: 'at', y1: 'lower', y2: 'upper', fill: colours.accent, fillOpacity: 0.14 }),
      plot.ruleX(ours, { x: 'at', y1: 'lower', y2: 'upper', stroke: colours.accent, strokeWidth: 1.5 }),
      plot.line(ours, { x: 'at', y: 'rating', stroke: colours.accent, strokeWidth: 2.5 }),
      plot.dot(ours, { x: 'at', y: 'rating', r: 4, fill: colours.accent, stroke: colours.paper, strokeWidth: 1.5 }),
      plot.text(ours, {
        ...{ x: 'at', y: 'upper', dy: -9, fontWeight: 600, fill: colours.accent },
        ...{ stroke: colours.paper, strokeWidth: 4 },
        text: (one: Point) => points(one.rating),
      }),
      ...ends.map(({ point, dy }) =>
        plot.text([point], {
          ...{ frameAnchor: 'right' as const, textAnchor: 'start' as const, dx: 8, dy, y: 'rating' },
          text: () => shortened(plainName(point.who), narrow ? 11 : 17),
          fill: colour(point.who),
        }),
      ),
    ],
  };
}

/** Labels at the ends of lines, moved down where they would cover each other. */
function spaced(ends: Point[], perPoint: number): { point: Point; dy: number }[] {
  let floor = -Infinity;
  return [...ends]
    .sort((x, y) => y.rating - x.rating)
    .map((point) => {
      const at = -point.rating * perPoint;
      floor = Math.max(at, floor + LABEL);
      return { point, dy: floor - at };
    });
}

function boardOptions(plot: Plot, rows: Point[], colours: Palette) {
  const best = [...rows].sort((x, y) => y.rating - x.rating);
  return {
    marginLeft: 130,
    marginRight: 40,
    x: { label: null, grid: true, nice: true, tickFormat: 'd' },
    y: {
      type: 'band' as const,
      domain: best.map(({ who }) => who),
      label: null,
      tickFormat: (who: string) => shortened(plainName(who), 18),
      tickSize: 0,
    },
    marks: [
      plot.ruleY(best, { y: 'who', x1: 'lower', x2: 'upper', stroke: colours.accent, strokeWidth: 2 }),
      plot.dot(best, { y: 'who', x: 'rating', fill: colours.accent, r: 4.5 }),
      plot.text(best, { y: 'who', x: 'rating', text: (one: Point) => points(one.rating), dy: -11, fill: colours.ink }),
    ],
  };
}
