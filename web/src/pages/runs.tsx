import { useEffect } from 'react';
import { Link } from 'react-router';
import type { RunRow, Runs } from '../../../src/dashboard/schemas/runs';
import { runPath, useApi } from '../api';
import { ago, duration, grouped, interval, percent, points, usd } from '../format';
import { plainName } from '../hostile';
import { useLive } from '../live';
import { Answered, Bar, Card, Empty, Name } from '../parts/basic';
import { Pager } from '../parts/pager';
import { Sentence } from '../parts/pieces';
import { LiveDot, StatusBadge } from '../parts/status';
import { Table } from '../parts/table';
import { useUrlState } from '../parts/url';

/** Every run: how it stands, what it costs, who needs a person. */
export function RunsPage() {
  const url = useUrlState();
  const query = useApi<Runs>('/runs', { after: url.get('after') });
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
        {(page) => (page.runs.length === 0 && url.get('after') === '' ? <NoRuns /> : <RunList page={page} />)}
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

function RunList({ page: { runs, next, attention } }: { page: Runs }) {
  const { get } = useUrlState();
  const isOnePage = next === null && get('after') === '';
  return (
    <>
      {attention.length > 0 && (
        <ul className="attention" aria-label="What needs attention">
          {attention.map(({ run, sentence }) => (
            <li key={run}>
              <Link to={runPath(run)}>
                <Name>{run}</Name>
              </Link>
              <Sentence>{sentence}</Sentence>
            </li>
          ))}
        </ul>
      )}
      <Card className="flush">
        <RunTable runs={runs} />
        {!isOnePage && <Pager next={next} />}
      </Card>
    </>
  );
}

const RunTable = ({ runs }: { runs: RunRow[] }) => (
  <Table
    label="Runs"
    className="runs"
    rows={runs}
    keyOf={({ run }) => run}
    columns={[
      {
        name: 'Run',
        heads: true,
        cell: ({ run, kind, rounds }) => (
          <>
            <Link to={runPath(run)} className="row-link">
              <Name>{run}</Name>
            </Link>
            <span className="note">
              {kind === 'arena' ? 'arena alone' : `${rounds} round${rounds === 1 ? '' : 's'}`}
            </span>
          </>
        ),
      },
      { name: 'State', cell: ({ status }) => <StatusBadge status={status} /> },
      { name: 'Progress', className: 'progress-cell', cell: (run) => <Progress run={run} /> },
      {
        name: 'Cost',
        number: true,
        cell: ({ usd: spent, budgetUsd }) => (
          <>
            {usd(spent)}
            {budgetUsd !== null && <span className="note">of {usd(budgetUsd)}</span>}
          </>
        ),
      },
      { name: 'Model', cell: ({ model }) => (model === null ? '–' : <Name>{model}</Name>) },
      {
        name: 'Rating',
        number: true,
        cell: ({ rating }) =>
          rating === null ? (
            '–'
          ) : (
            <>
              {points(rating.rating)}
              <span className="note">{interval(rating.lower, rating.upper)}</span>
            </>
          ),
      },
      {
        name: 'Changed',
        number: true,
        cell: ({ updatedAt, status, done, total }) => (
          <>
            <time dateTime={updatedAt}>{ago(updatedAt)}</time>
            {total > 0 && status !== 'done' && (
              <span className="note">
                {grouped(done)} / {grouped(total)} battles
              </span>
            )}
          </>
        ),
      },
    ]}
  />
);

function Progress({ run }: { run: RunRow }) {
  const { steps, done, total, status } = run;
  const share =
    steps.of === 0
      ? 0
      : (steps.finished + (total > 0 ? done / total : 0) * (steps.finished < steps.of ? 1 : 0)) / steps.of;
  return (
    <>
      <Bar share={share} label={`${plainName(run.run)}: steps finished`} />
      <span className="note">
        <Sentence>
          {status === 'done'
            ? `${steps.of} of ${steps.of} steps`
            : `${run.kind === 'arena' ? '' : `round ${run.round}, ${run.stage} · `}${run.step}`}
        </Sentence>
        {total > 0 && status !== 'done' && ` · ${percent(done / total, 0)}`}
        {run.etaSeconds !== null && ` · ${duration(run.etaSeconds)} left`}
      </span>
    </>
  );
}
