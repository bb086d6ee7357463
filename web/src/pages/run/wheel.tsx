import { Link } from 'react-router';
import type { RunDetail, Step } from '../../../../src/dashboard/schemas/runs';
import { runPath } from '../../api';
import { duration, grouped, interval, percent, points } from '../../format';
import { plainName } from '../../hostile';
import { Badge, Card, Name } from '../../parts/basic';
import { Sentence } from '../../parts/pieces';

const NAMES: Readonly<Record<Step['stage'], string>> = {
  start: 'Start',
  sft: 'SFT',
  dpo: 'DPO',
  ppo: 'PPO',
  round: 'Champion',
};

/** The flywheel as what it is: a row for each round, its stages in their order, each with what it decided. */
export function Wheel({ detail }: { detail: RunDetail }) {
  const { plan, row, abandoned } = detail;
  const rounds = [...new Set(plan.map(({ round }) => round))];
  const stages = [...new Set(plan.filter(({ round }) => round > 0).map(({ stage }) => stage))];
  const base = runPath(row.run);
  const isArena = row.kind === 'arena';
  return (
    <Card
      title={isArena ? 'Arena' : 'Flywheel'}
      className="wheel-card"
      side={
        abandoned.length > 0 ? (
          <span className="note">
            {abandoned.length} checkpoint{abandoned.length === 1 ? '' : 's'} left behind by rollbacks
          </span>
        ) : undefined
      }
    >
      <ol className="wheel" style={{ '--stages': Math.max(1, stages.length) } as React.CSSProperties}>
        {rounds.map((round) => (
          <li key={round} className="wheel-round">
            <h3>{isArena ? 'Battles' : round === 0 ? 'Start' : `Round ${round}`}</h3>
            <ol>
              {plan
                .filter((step) => step.round === round)
                .map((step) => (
                  <StepCell key={step.label} step={step} base={base} detail={detail} />
                ))}
            </ol>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function StepCell({ step, base, detail }: { step: Step; base: string; detail: RunDetail }) {
  const { stage, state, label, rating, gate, battles, rows, seconds, arenas } = step;
  const { progress, row } = detail;
  const now = state === 'current' && row.status !== 'done';
  const share = now && progress.total > 0 ? progress.done / progress.total : 0;
  const name = row.kind === 'arena' ? 'Arena' : NAMES[stage];
  const training = arenas[0];
  return (
    <li className={`step ${state} ${step.decision ?? ''}`} aria-current={now ? 'step' : undefined}>
      <div className="step-head">
        <span className="step-name">{name}</span>
        <Decision step={step} now={now} />
      </div>
      {rating !== null && stage !== 'round' && (
        <div className="step-rating">
          <span className="figure">{points(rating.rating)}</span>
          <span className="note">{interval(rating.lower, rating.upper)}</span>
        </div>
      )}
      {stage === 'round' && step.model !== null && (
        <div className="step-rating">
          <span className="figure name-figure">
            <Name>{step.model}</Name>
          </span>
          {rating !== null && (
            <span className="note">
              {points(rating.rating)} ({interval(rating.lower, rating.upper)})
            </span>
          )}
        </div>
      )}
      {now && (
        <div className="step-now">
          <div className="meter" aria-hidden="true">
            <div style={{ width: `${Math.round(100 * share)}%` }} />
          </div>
          <span className="note">
            <Sentence>{progress.step}</Sentence>
          </span>
        </div>
      )}
      {gate !== null && <GateLine gate={gate} />}
      {state === 'finished' && (
        <p className="note step-counts">
          {battles !== null && battles > 0 && training !== undefined && (
            <Link to={`${base}/battles?arena=${encodeURIComponent(training)}`}>{grouped(battles)} battles</Link>
          )}
          {rows !== null && rows > 0 && step.datasets.length > 0 && (
            <>
              {' · '}
              <Link to={`${base}/data?dataset=${encodeURIComponent(step.datasets[0]?.id ?? '')}`}>
                {grouped(rows)} rows
              </Link>
            </>
          )}
          {seconds !== null && seconds > 0 && `${battles !== null && battles > 0 ? ' · ' : ''}${duration(seconds)}`}
          {rating !== null && stage !== 'round' && (
            <>
              {' · '}
              <Link to={`${base}/leaderboard?label=${encodeURIComponent(label)}`}>board</Link>
            </>
          )}
        </p>
      )}
      {state === 'ahead' && <p className="note">not yet</p>}
    </li>
  );
}

function Decision({ step, now }: { step: Step; now: boolean }) {
  if (now) return <Badge tone="live">now</Badge>;
  if (step.decision === 'promote') return <Badge tone="good">promoted</Badge>;
  if (step.decision === 'keep') return <Badge tone="warn">kept {plainName(step.model ?? '')}</Badge>;
  if (step.state === 'finished') return <Badge tone="quiet">rated</Badge>;
  return null;
}

/** The gate's finding: the candidate's mean score with its interval, beside the half that means no difference. */
function GateLine({ gate }: { gate: NonNullable<Step['gate']> }) {
  const at = (share: number) => `${Math.min(100, Math.max(0, 100 * share))}%`;
  return (
    <div className="gate" title={plainName(gate.sentence)}>
      <div className="gate-scale" aria-hidden="true">
        <i className="half" />
        <i className="range" style={{ left: at(gate.lower), width: at(gate.upper - gate.lower) }} />
        <i className="mean" style={{ left: at(gate.mean) }} />
      </div>
      <span className="note">
        gate {percent(gate.mean)} against <Name>{gate.opponent}</Name>
        <span className="visually-hidden">
          , 95% interval {percent(gate.lower)} to {percent(gate.upper)}. <Sentence>{gate.sentence}</Sentence>
        </span>
      </span>
    </div>
  );
}
