import { useCallback, useMemo } from 'react';
import { Link, useParams } from 'react-router';
import type { Leaderboard, Pair, RatedModel } from '../../../src/dashboard/schemas/leaderboard';
import { apiPath, runPath, useApi, useLive } from '../api';
import { Chart, type Palette, type Plot } from '../charts/plot';
import { grouped, interval, percent, points, shortened, signed } from '../format';
import { plainName } from '../hostile';
import { Answered, Await, Card, Choice, Empty, Name, Scroll } from '../parts/basic';
import { useUrlState } from '../parts/url';

/** Ratings with their intervals and ranks, who beats whom, by category, at equal style. */
export function LeaderboardPage() {
  const { run = '' } = useParams();
  useLive(run);
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
                        {warning}
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

/** Players in the map at most: more would leave no room to read a cell. */
const MOST_IN_MAP = 30;

/** The share of games that each row won against each column, as a table that is coloured: it is read like any table. */
function WinRates({ pairs, models, run }: { pairs: Pair[]; models: RatedModel[]; run: string }) {
  const names = models.slice(0, MOST_IN_MAP).map(({ model }) => model);
  const rates = useMemo(() => {
    const found = new Map<string, { rate: number; battles: number }>();
    for (const { a, b, winRate, battles } of pairs) {
      if (winRate === null) continue;
      found.set(JSON.stringify([a, b]), { rate: winRate, battles });
      found.set(JSON.stringify([b, a]), { rate: 1 - winRate, battles });
    }
    return found;
  }, [pairs]);
  if (rates.size === 0) return <Empty title="No pair has a readable game" />;
  const base = runPath(run, '/battles');
  return (
    <Scroll label="Win rates of rows against columns">
      <table className="heat">
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th key={name} scope="col" title={name}>
                <span>
                  <Name>{shortened(name, 14)}</Name>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((row) => (
            <tr key={row}>
              <th scope="row" title={row}>
                <Name>{shortened(row, 16)}</Name>
              </th>
              {names.map((column) => {
                const cell = rates.get(JSON.stringify([row, column]));
                if (!cell)
                  return (
                    <td key={column} className="none">
                      {row === column ? '' : '–'}
                    </td>
                  );
                return (
                  <td key={column} className={heat(cell.rate)}>
                    <Link
                      to={`${base}?purpose=evaluation&player=${encodeURIComponent(row)}&opponent=${encodeURIComponent(column)}`}
                      title={`${row} won ${percent(cell.rate)} of its games against ${column} (${grouped(cell.battles)} battles)`}
                    >
                      {Math.round(100 * cell.rate)}
                    </Link>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A class of nine steps from one half down and up. */
function heat(rate: number): string {
  const step = Math.min(4, Math.floor(Math.abs(rate - 0.5) / 0.1 + 0.5));
  return step === 0 ? 'h0' : `${rate > 0.5 ? 'up' : 'down'}${step}`;
}

function RatingTable({ models, run, own }: { models: RatedModel[]; run: string; own: string | null }) {
  return (
    <Scroll label="Ratings">
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">
              Rank
            </th>
            <th scope="col">Model</th>
            <th scope="col" className="number">
              Rating
            </th>
            <th scope="col" className="number">
              95% interval
            </th>
            <th scope="col" className="number">
              Standard error
            </th>
            <th scope="col" className="number">
              Battles
            </th>
            <th scope="col" className="number">
              Won
            </th>
            <th scope="col" className="number">
              Lost
            </th>
            <th scope="col" className="number">
              Tied
            </th>
          </tr>
        </thead>
        <tbody>
          {models.map(({ model, rank, rating, lower, upper, se, battles, wins, losses, ties }) => (
            <tr key={model} className={model === own ? 'own' : undefined}>
              <td className="number">
                {rank === null ? '–' : rank.rank}
                {rank !== null && rank.lower !== rank.upper && (
                  <span className="note">
                    {rank.lower} – {rank.upper}
                  </span>
                )}
              </td>
              <th scope="row">
                <Link to={runPath(run, `/battles?player=${encodeURIComponent(model)}`)}>
                  <Name>{model}</Name>
                </Link>
              </th>
              <td className="number strong">{points(rating)}</td>
              <td className="number">{interval(lower, upper)}</td>
              <td className="number">{se === null ? '–' : se.toFixed(1)}</td>
              <td className="number">{grouped(battles)}</td>
              <td className="number">{grouped(wins)}</td>
              <td className="number">{grouped(losses)}</td>
              <td className="number">{grouped(ties)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

type Style = Extract<NonNullable<Leaderboard['style']>, { state: 'ready' }>['value'];

function StyleTable({ style: { models, coefficients, separated } }: { style: Style }) {
  return (
    <>
      <Scroll label="Ratings at equal style">
        <table>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" className="number">
                At equal style
              </th>
              <th scope="col" className="number">
                95% interval
              </th>
              <th scope="col" className="number">
                As judged
              </th>
              <th scope="col" className="number">
                Change
              </th>
            </tr>
          </thead>
          <tbody>
            {models.map(({ model, controlled, plain }) => (
              <tr key={model}>
                <th scope="row">
                  <Name>{model}</Name>
                </th>
                <td className="number strong">{controlled === null ? 'not known' : points(controlled.value)}</td>
                <td className="number">{controlled === null ? '' : interval(controlled.lower, controlled.upper)}</td>
                <td className="number">{plain === null ? '' : points(plain.value)}</td>
                <td className="number">
                  {controlled === null || plain === null ? '' : signed(controlled.value - plain.value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p className="note">
        What style is worth to the judge, in log odds per standard deviation:{' '}
        {coefficients
          .map(({ feature, value, lower, upper }) => `${feature} ${signed(value, 2)} (${interval(lower, upper, 2)})`)
          .join('; ')}
        .{separated.length > 0 && ` No finite rating fits ${separated.map(plainName).join(', ')}.`}
      </p>
    </>
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
