import { useEffect } from 'react';
import { Link } from 'react-router';
import type { RunRow, Runs } from '../../../src/dashboard/schemas/runs';
import { runPath, useApi, useLive } from '../api';
import { ago, duration, grouped, interval, percent, points, usd } from '../format';
import { Answered, Bar, Card, Empty, Name, Scroll } from '../parts/basic';
import { LiveDot, StatusBadge } from '../parts/status';

/** Every run: how it stands, what it costs, who needs a person. */
export function RunsPage() {
  const query = useApi<Runs>('/runs');
  const live = useLive();
  useEffect(() => {
    document.title = 'Runs · Arena Flywheel';
  }, []);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Runs</h1>
        <LiveDot live={live} />
      </div>
      <Answered query={query} height={300}>
        {({ runs }) => (runs.length === 0 ? <NoRuns /> : <RunList runs={runs} />)}
      </Answered>
    </div>
  );
}

const NoRuns = () => (
  <Card>
    <Empty title="There is no run yet">
      See one turn: <code>npm run demo</code>. Start your own: <code>npx flywheel run CONFIG</code>; only a leaderboard:{' '}
      <code>npx flywheel arena run CONFIG</code>.
    </Empty>
  </Card>
);

function RunList({ runs }: { runs: RunRow[] }) {
  const attention = runs.filter((run) => run.attention !== null);
  return (
    <>
      {attention.length > 0 && (
        <ul className="attention" aria-label="What needs attention">
          {attention.map(({ run, attention: sentence }) => (
            <li key={run}>
              <Link to={runPath(run)}>
                <Name>{run}</Name>
              </Link>
              <span>{sentence}</span>
            </li>
          ))}
        </ul>
      )}
      <Card className="flush">
        <Scroll label="Runs">
          <table className="runs">
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">State</th>
                <th scope="col">Progress</th>
                <th scope="col" className="number">
                  Cost
                </th>
                <th scope="col">Model</th>
                <th scope="col" className="number">
                  Rating
                </th>
                <th scope="col" className="number">
                  Changed
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <Row key={run.run} run={run} />
              ))}
            </tbody>
          </table>
        </Scroll>
      </Card>
    </>
  );
}

function Row({ run }: { run: RunRow }) {
  const { steps, done, total, rating } = run;
  const share =
    steps.of === 0
      ? 0
      : (steps.finished + (total > 0 ? done / total : 0) * (steps.finished < steps.of ? 1 : 0)) / steps.of;
  return (
    <tr>
      <th scope="row" data-name="Run">
        <Link to={runPath(run.run)} className="row-link">
          <Name>{run.run}</Name>
        </Link>
        <span className="note">
          {run.kind === 'arena' ? 'arena alone' : `${run.rounds} round${run.rounds === 1 ? '' : 's'}`}
        </span>
      </th>
      <td data-name="State">
        <StatusBadge status={run.status} />
      </td>
      <td data-name="Progress" className="progress-cell">
        <Bar share={share} label={`${run.run}: steps finished`} />
        <span className="note">
          {run.status === 'done'
            ? `${steps.of} of ${steps.of} steps`
            : `${run.kind === 'arena' ? '' : `round ${run.round}, ${run.stage} · `}${run.step}`}
          {total > 0 && run.status !== 'done' && ` · ${percent(done / total, 0)}`}
          {run.etaSeconds !== null && ` · ${duration(run.etaSeconds)} left`}
        </span>
      </td>
      <td data-name="Cost" className="number">
        {usd(run.usd)}
        {run.budgetUsd !== null && <span className="note">of {usd(run.budgetUsd)}</span>}
      </td>
      <td data-name="Model">{run.model === null ? '–' : <Name>{run.model}</Name>}</td>
      <td data-name="Rating" className="number">
        {rating === null ? '–' : points(rating.rating)}
        {rating !== null && <span className="note">{interval(rating.lower, rating.upper)}</span>}
      </td>
      <td data-name="Changed" className="number">
        <time dateTime={run.updatedAt}>{ago(run.updatedAt)}</time>
        {total > 0 && run.status !== 'done' && (
          <span className="note">
            {grouped(done)} / {grouped(total)} battles
          </span>
        )}
      </td>
    </tr>
  );
}
