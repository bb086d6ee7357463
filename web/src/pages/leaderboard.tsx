import { useCallback } from 'react';
import { useParams } from 'react-router';
import type { Leaderboard, RatedModel } from '../../../src/dashboard/schemas/leaderboard';
import { apiPath, runPath, useApi } from '../api';
import { Chart, type Palette, type Plot } from '../charts/plot';
import { grouped, interval, points, shortened } from '../format';
import { plainName } from '../hostile';
import { Answered, Await, Card, Choice, Name } from '../parts/basic';
import { Sentence } from '../parts/pieces';
import { useUrlState } from '../parts/url';
import { RatingTable, StyleTable } from './leaderboard/tables';
import { WinRates } from './leaderboard/win-rates';

/** Ratings with their intervals and ranks, who beats whom, by category, at equal style. */
export function LeaderboardPage() {
  const { run = '' } = useParams();
  const url = useUrlState();
  const filters = {
    label: url.get('label'),
    judge: url.get('judge'),
    category: url.get('category'),
    style: url.get('style'),
  };
  const query = useApi<Leaderboard>(runPath(run, '/leaderboard'), filters);
  return (
    <>
      <div className="page-head">
        <h1>Leaderboard</h1>
      </div>
      <Answered query={query} height={600}>
        {(board) => (
          <>
            <Filters board={board} set={url.set} style={filters.style === '1'} />
            <Finding board={board} />
            <Await of={board.table} height={400}>
              {({ models, clusters, rounds, resample, point, warnings }) => (
                <div className="columns">
                  <Card title={filters.style === '1' ? 'As judged' : 'Ratings'}>
                    <RatingsChart models={models} board={board} />
                    <p className="note">
                      Bradley-Terry maximum likelihood, scale 400, base 10;{' '}
                      {point === 'median' ? 'the median' : 'intervals from the percentiles'} of {grouped(rounds)}{' '}
                      bootstrap rounds over {grouped(clusters)} {resample === 'prompt' ? 'prompts' : 'battles'}.
                    </p>
                    {warnings.map((warning) => (
                      <p key={warning} className="note warn-text">
                        <Sentence>{warning}</Sentence>
                      </p>
                    ))}
                  </Card>
                  <Card
                    title="Who beats whom"
                    side={<span className="note">share of the row’s games won against the column</span>}
                  >
                    <Await of={board.pairs} height={400}>
                      {(pairs) => <WinRates pairs={pairs} models={models} run={run} />}
                    </Await>
                  </Card>
                  {board.style !== null && (
                    <Card title="At equal style" className="span">
                      <Await of={board.style} height={200}>
                        {(style) => <StyleTable style={style} />}
                      </Await>
                    </Card>
                  )}
                  <Card title="Table" className="span" side={<Files run={run} filters={filters} />}>
                    <RatingTable models={models} run={run} own={board.model} />
                  </Card>
                </div>
              )}
            </Await>
          </>
        )}
      </Answered>
    </>
  );
}

interface FilterProps {
  board: Leaderboard;
  set: ReturnType<typeof useUrlState>['set'];
  style: boolean;
}

function Filters({ board, set, style }: FilterProps) {
  const { boards, label, judge, category, categories } = board;
  const judges = boards.find((one) => one.label === label)?.judges ?? [judge];
  const known = categories.state === 'ready' ? categories.value : [];
  return (
    <div className="toolbar" role="group" aria-label="Which leaderboard">
      <Choice
        label="After"
        value={label}
        options={boards.filter(({ judges: who }) => who.includes(judge)).map((one) => one.label)}
        onChange={(value) => set({ label: value })}
      />
      {judges.length > 1 && (
        <Choice
          label="Judge"
          value={judge}
          options={[
            { value: 'evaluation', label: 'evaluation judge' },
            { value: 'data', label: 'data judge' },
          ]}
          onChange={(value) => set({ judge: value === 'evaluation' ? null : value })}
        />
      )}
      <Choice
        label="Category"
        value={category ?? ''}
        any="all prompts"
        options={known.map((one) => ({ value: one.category, label: `${one.category} (${grouped(one.prompts)})` }))}
        onChange={(value) => set({ category: value })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={style}
          onChange={(event) => set({ style: event.target.checked ? '1' : null })}
        />
        with style control
      </label>
    </div>
  );
}

function Finding({ board }: { board: Leaderboard }) {
  const { model, difference, judgeName, heldOut, trains, judge } = board;
  return (
    <p className="finding">
      {model !== null && difference !== null && (
        <>
          <Name>{model}</Name> is {Math.abs(difference.difference).toFixed(0)} points{' '}
          {difference.difference < 0 ? 'below' : 'above'} the champion <Name>{difference.champion}</Name> on the same
          prompts (95% interval {interval(difference.lower, difference.upper)}):{' '}
          {difference.lower !== null && difference.lower > 0
            ? 'shown better.'
            : difference.upper !== null && difference.upper < 0
              ? 'shown worse.'
              : 'neither shown better nor worse.'}{' '}
        </>
      )}
      <span className="quiet">
        Judged by <Name>{judgeName}</Name>
        {!trains
          ? '.'
          : judge === 'data' || !heldOut
            ? ', which also selects the training data: these ratings may flatter the trained models.'
            : ', which selects no training data.'}
      </span>
    </p>
  );
}

function RatingsChart({ models, board }: { models: RatedModel[]; board: Leaderboard }) {
  const draw = useCallback(
    (plot: Plot, { colours, narrow }: { colours: Palette; narrow: boolean }) => {
      const rows = models.map((one) => ({ ...one, lower: one.lower ?? one.rating, upper: one.upper ?? one.rating }));
      const own = (one: { model: string }) => (one.model === board.model ? colours.orange : colours.accent);
      return {
        marginLeft: narrow ? 96 : 140,
        marginRight: 28,
        marginTop: 24,
        x: { label: null, grid: true, nice: true, tickFormat: 'd', ticks: narrow ? 4 : 7, axis: 'top' as const },
        y: {
          type: 'band' as const,
          domain: rows.map(({ model }) => model),
          label: null,
          tickFormat: (name: string) => shortened(plainName(name), narrow ? 12 : 18),
          tickSize: 0,
        },
        marks: [
          plot.ruleY(rows, {
            y: 'model',
            x1: 'lower',
            x2: 'upper',
            stroke: own,
            strokeWidth: 2.5,
            strokeLinecap: 'round',
          }),
          plot.dot(rows, { y: 'model', x: 'rating', r: 4.5, fill: own, stroke: colours.paper }),
          plot.text(rows, {
            y: 'model',
            x: 'rating',
            text: (one: RatedModel) => points(one.rating),
            dy: -11,
            fill: colours.ink,
          }),
        ],
      };
    },
    [models, board.model],
  );
  return (
    <Chart
      height={44 + 32 * models.length}
      label="Ratings with their 95% intervals, best first; the table below holds the figures"
      draw={draw}
      png={`leaderboard-${board.label}.png`}
      title={`${plainName(board.run)}, ${board.label}${board.category === null ? '' : `, ${plainName(board.category)}`}`}
    />
  );
}

function Files({ run, filters }: { run: string; filters: Record<string, string> }) {
  return (
    <span className="side">
      <a href={apiPath(runPath(run, '/leaderboard.csv'), filters)} download>
        CSV
      </a>
      <a href={apiPath(runPath(run, '/leaderboard.md'), filters)} download>
        Markdown
      </a>
    </span>
  );
}
