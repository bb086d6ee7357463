import { useOutletContext, useParams } from 'react-router';
import type { RunDetail } from '../../../src/dashboard/schemas/runs';
import { runPath, useApi } from '../api';
import { duration, grouped, interval, percent, points, usd } from '../format';
import { plainName } from '../hostile';
import type { Live } from '../live';
import { Answered, Bar, Card, Name, Stat } from '../parts/basic';
import { Sentence } from '../parts/pieces';
import { LiveDot, StatusBadge } from '../parts/status';
import { Curves } from './run/curves';
import { Events } from './run/events';
import { Operate } from './run/operate';
import { Ratings } from './run/ratings';
import { SpendCard } from './run/spend';
import { Wheel } from './run/wheel';

/** One run: how it stands, what it did, who is ahead, what it costs. */
export function RunPage() {
  const { run = '' } = useParams();
  const query = useApi<RunDetail>(runPath(run));
  const live = useOutletContext<Live>();
  return (
    <Answered query={query} height={600}>
      {(detail) => (
        <>
          <Head detail={detail} live={live} />
          <Wheel detail={detail} />
          <div className="columns wide-left">
            <Ratings detail={detail} />
            <SpendCard spend={detail.spend} />
          </div>
          {detail.row.kind === 'flywheel' && <Curves run={run} />}
          <Events run={run} />
        </>
      )}
    </Answered>
  );
}

function Head({ detail, live }: { detail: RunDetail; live: Live }) {
  const { row, progress, temporalUi, judges } = detail;
  const { done, total, rate, etaSeconds } = progress;
  const budget = row.budgetUsd;
  return (
    <>
      <div className="page-head">
        <h1>
          <Name>{row.run}</Name>
        </h1>
        <StatusBadge status={row.status} />
        {row.status !== 'done' && live !== 'lost' && <LiveDot live={live} />}
        <div className="spread" />
        <Operate detail={detail} />
        {temporalUi !== null && (
          <a className="button" href={temporalUi} target="_blank" rel="noreferrer">
            Temporal UI<span className="visually-hidden"> (new tab)</span> <span aria-hidden="true">↗</span>
          </a>
        )}
      </div>
      {row.attention !== null && (
        <p className="attention-line" role="alert">
          <Sentence>{row.attention}</Sentence>
          {row.status === 'needs attention' && detail.actions.length === 0 && (
            <>
              {' Next: '}
              <Sentence>{progress.nextAction}</Sentence>
            </>
          )}
        </p>
      )}
      <Card className="summary">
        <dl className="stats">
          <Stat
            name="Now"
            value={row.status === 'done' ? 'complete' : <Sentence>{progress.step}</Sentence>}
            note={
              row.kind === 'arena'
                ? `${detail.competitors.length} players`
                : `round ${progress.round} of ${progress.rounds}, ${progress.stage === 'round' ? 'its end' : progress.stage}`
            }
          />
          <Stat
            name="Model"
            value={row.model === null ? '–' : <Name>{row.model}</Name>}
            note={
              row.rating === null
                ? undefined
                : `${points(row.rating.rating)} (${interval(row.rating.lower, row.rating.upper)})`
            }
          />
          <Stat
            name="Cost"
            value={usd(row.usd ?? progress.spend.usd)}
            note={
              budget === null
                ? 'no budget'
                : `of ${usd(budget)} (${percent((row.usd ?? progress.spend.usd) / budget, 0)})`
            }
          />
          <Stat
            name="Calls"
            value={grouped(progress.spend.calls)}
            note={progress.spend.failedCalls > 0 ? `${grouped(progress.spend.failedCalls)} failed` : 'none failed'}
          />
          <Stat
            name="Judge"
            value={<Name>{judges.evaluation}</Name>}
            note={
              row.kind === 'arena'
                ? 'rates'
                : judges.heldOut
                  ? `held out; ${plainName(judges.data)} selects the data`
                  : 'also selects the training data'
            }
          />
        </dl>
        {total > 0 && row.status !== 'done' && (
          <div className="now">
            <Bar share={done / total} label={progress.step} />
            <span className="note">
              {grouped(done)} of {grouped(total)} battles
              {rate !== null && ` · ${rate.toFixed(rate < 10 ? 1 : 0)}/s`}
              {etaSeconds !== null && ` · ${duration(etaSeconds)} left`}
            </span>
          </div>
        )}
        {(progress.lastAction !== null || (progress.lastProblem !== null && row.status !== 'needs attention')) && (
          <p className="note last">
            {progress.lastAction !== null && (
              <>
                Operator: <Sentence>{progress.lastAction}</Sentence>{' '}
              </>
            )}
            {progress.lastProblem !== null && row.status !== 'needs attention' && (
              <>
                Last problem: <Sentence>{progress.lastProblem}</Sentence>
              </>
            )}
          </p>
        )}
      </Card>
    </>
  );
}
