import { useState, type ChangeEvent } from 'react';
import { useParams } from 'react-router';
import type { Audit, Judges, Measure } from '../../../src/dashboard/schemas/judges';
import { runPath, send, useApi } from '../api';
import { grouped, percent, signed } from '../format';
import { Answered, Await, Card, Choice, Empty, Name, Problem, Stat } from '../parts/basic';
import { Table } from '../parts/table';
import { dutyOf } from './judges/duty';

type Judge = Judges['judges'][number];

/** What the judges' word is worth: whether the order of the answers or their length decides, how far they agree, and with people. */
export function JudgesPage() {
  const { run = '' } = useParams();
  const query = useApi<Judges>(runPath(run, '/judges'));
  return (
    <>
      <div className="page-head">
        <h1>Judges</h1>
      </div>
      <Answered query={query} height={500}>
        {({ judges, agreement, trains, heldOut }) => (
          <>
            <div className="columns">
              {judges.map((judge) => (
                <JudgeCard key={judge.role} judge={judge} does={dutyOf(judge.role, { trains, heldOut })} />
              ))}
              <Card title="Agreement of the two">
                <Await of={agreement} height={120}>
                  {(found) =>
                    found === null ? (
                      <Empty title="One judge only has played">
                        Set evaluation.judge and evaluation.dataJudge to have both judge the same battles.
                      </Empty>
                    ) : (
                      <dl className="stats">
                        <Stat
                          name="Same outcome"
                          value={percent(found.share)}
                          note={`of ${grouped(found.battles)} battles`}
                        />
                        <Stat
                          name="Cohen's kappa"
                          value={found.kappa === null ? '–' : found.kappa.toFixed(2)}
                          note="0: as chance would, 1: always"
                        />
                      </dl>
                    )
                  }
                </Await>
              </Card>
              <AuditCard run={run} judges={judges} />
            </div>
            {judges.map((judge) => (
              <OutcomesCard key={judge.role} judge={judge} />
            ))}
          </>
        )}
      </Answered>
    </>
  );
}

function JudgeCard({ judge, does }: { judge: Judge; does: string }) {
  return (
    <Card
      title={<Name>{judge.name}</Name>}
      side={
        <span className="note">
          {does} · {judge.template}
        </span>
      }
    >
      <Await of={judge.profile} height={220}>
        {(profile) =>
          profile.battles === 0 ? (
            <Empty title="It has judged nothing yet" />
          ) : (
            <>
              <ul className="measures">
                <MeasureLine
                  name="Contradicts itself"
                  help="battles whose two games name different winners when the answers change places"
                  measure={profile.inconsistent}
                  domain={[0, 0.5]}
                />
                <MeasureLine
                  name="First-shown advantage"
                  help="what being shown first is worth, in shares of a game; 0 without position bias"
                  measure={profile.firstShown}
                  domain={[-0.25, 0.25]}
                  zero={0}
                  plus
                />
                <MeasureLine
                  name="The longer answer wins"
                  help="of the decided battles between answers of different lengths; better answers may be longer, so only people's votes tell how much of it is bias"
                  measure={profile.longerWins}
                  domain={[0, 1]}
                  zero={0.5}
                />
                <MeasureLine
                  name="Cannot be read"
                  help="battles in which a verdict could not be read"
                  measure={profile.invalid}
                  domain={[0, 0.2]}
                />
              </ul>
              <p className="note">
                {grouped(profile.battles)} battles
                {profile.perMille < 1000 && `, a random ${(profile.perMille / 10).toFixed(1)}% of the prompts`}; 95%
                intervals by prompt.
              </p>
            </>
          )
        }
      </Await>
    </Card>
  );
}

interface MeasureProps {
  name: string;
  help: string;
  measure: Measure;
  domain: readonly [number, number];
  /** Where there is no bias. */
  zero?: number;
  plus?: boolean;
}

/** A share with its interval on a small scale. */
function MeasureLine({
  name,
  help,
  measure: { value, lower, upper },
  domain: [from, to],
  zero,
  plus = false,
}: MeasureProps) {
  const at = (share: number) => `${Math.min(100, Math.max(0, (100 * (share - from)) / (to - from)))}%`;
  const words = (share: number) => (plus ? `${signed(100 * share, 1)}%` : percent(share));
  return (
    <li>
      <span className="measure-name">
        {name}
        <span className="note">{help}</span>
      </span>
      <span className="gate-scale" aria-hidden="true">
        {zero !== undefined && <i className="half" style={{ left: at(zero) }} />}
        {lower !== null && upper !== null && (
          <i className="range" style={{ left: at(lower), width: `calc(${at(upper)} - ${at(lower)})` }} />
        )}
        {value !== null && <i className="mean" style={{ left: at(value) }} />}
      </span>
      <span className="number">
        <strong>{value === null ? 'not known' : words(value)}</strong>
        <span className="note">{lower === null || upper === null ? '' : `${words(lower)} – ${words(upper)}`}</span>
      </span>
    </li>
  );
}

const OUTCOMES = ['win', 'tie', 'loss', 'inconsistent', 'invalid', 'failed'] as const;

function OutcomesCard({ judge }: { judge: Judge }) {
  return (
    <Card
      title={
        <>
          How the battles of <Name>{judge.name}</Name> ended
        </>
      }
      className="flush"
    >
      <Await of={judge.arenas} height={160}>
        {(arenas) =>
          arenas.length === 0 ? (
            <Empty title="It has judged nothing yet" />
          ) : (
            <OutcomesTable judge={judge.name} arenas={arenas} />
          )
        }
      </Await>
    </Card>
  );
}

type Arena = Extract<Judge['arenas'], { state: 'ready' }>['value'][number];

const countsIn = ({ counts }: Arena) => OUTCOMES.map((outcome) => ({ outcome, n: counts[outcome] ?? 0 }));
const totalOf = (arena: Arena) => countsIn(arena).reduce((sum, { n }) => sum + n, 0);

function OutcomesTable({ judge, arenas }: { judge: string; arenas: Arena[] }) {
  return (
    <Table
      label={`Outcomes by arena, ${judge}`}
      rows={arenas}
      keyOf={({ arena }) => arena}
      columns={[
        {
          name: 'Arena',
          heads: true,
          cell: ({ label, purpose }) => (
            <>
              {label} <span className="note inline">{purpose}</span>
            </>
          ),
        },
        { name: 'Outcomes', cell: (arena) => <OutcomeBar arena={arena} /> },
        { name: 'Battles', number: true, cell: (arena) => grouped(totalOf(arena)) },
        {
          name: 'Inconsistent',
          number: true,
          cell: (arena) => {
            const { inconsistent = 0, invalid = 0, failed = 0 } = arena.counts;
            const readable = totalOf(arena) - invalid - failed;
            return readable === 0 ? '–' : percent(inconsistent / readable);
          },
        },
        {
          name: 'Invalid',
          number: true,
          cell: (arena) => percent((arena.counts.invalid ?? 0) / Math.max(1, totalOf(arena))),
        },
        { name: 'Failed', number: true, cell: ({ counts }) => grouped(counts.failed ?? 0) },
      ]}
    >
      <p className="note legend">
        {OUTCOMES.map((name) => (
          <span key={name}>
            <i className={`key o-${name}`} aria-hidden="true" />{' '}
            {name === 'win' ? 'first wins' : name === 'loss' ? 'second wins' : name}
          </span>
        ))}
      </p>
    </Table>
  );
}

function OutcomeBar({ arena }: { arena: Arena }) {
  const counts = countsIn(arena);
  const words = counts.map(({ outcome, n }) => `${n} ${outcome}`).join(', ');
  return (
    <span className="stack-bar" role="img" aria-label={words} title={words}>
      {counts.map(({ outcome, n }) => (
        <i key={outcome} className={`o-${outcome}`} style={{ width: `${(100 * n) / Math.max(1, totalOf(arena))}%` }} />
      ))}
    </span>
  );
}

/** A judge beside human votes, from a file that stays in this browser and this server's memory. */
function AuditCard({ run, judges }: { run: string; judges: Judge[] }) {
  const [role, setRole] = useState<Judge['role']>(judges[0]?.role ?? 'evaluation');
  const [state, setState] = useState<{ busy: boolean; error: unknown; audit: Audit | null }>({
    busy: false,
    error: null,
    audit: null,
  });
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (!file) return;
    setState({ busy: true, error: null, audit: null });
    file
      .text()
      .then((votes) => send<Audit>('POST', runPath(run, `/judges/${role}/audit`), votes))
      .then(
        (audit) => setState({ busy: false, error: null, audit }),
        (error: unknown) => setState({ busy: false, error, audit: null }),
      );
    event.target.value = '';
  };
  const whole = state.audit?.agreement.find(({ turn }) => turn === null);
  return (
    <Card title="Audit against people">
      <p className="quiet">
        Human votes on this run’s prompts, as CSV, JSONL or JSON (as <code>flywheel judge audit</code> reads them). The
        file is not kept.
      </p>
      <div className="toolbar">
        {judges.length > 1 && (
          <Choice
            label="Judge"
            value={role}
            options={judges.map((judge) => ({ value: judge.role, label: judge.name }))}
            onChange={(value) => setRole(value || role)}
          />
        )}
        <label className="field">
          <span>Votes</span>
          <input type="file" onChange={choose} disabled={state.busy} accept=".csv,.json,.jsonl,.txt" />
        </label>
      </div>
      <div role="status">{state.busy && <p className="note">Comparing…</p>}</div>
      {state.error !== null && <Problem error={state.error} />}
      {state.audit && whole && (
        <>
          <ul className="measures">
            <MeasureLine
              name="Agrees with people"
              help="an inconsistent judgement counts as a tie"
              measure={whole.judge.withTies}
              domain={[0, 1]}
            />
            <MeasureLine
              name="People among themselves"
              help="what a judge can at most be asked to reach"
              measure={whole.people.withTies}
              domain={[0, 1]}
            />
            <MeasureLine
              name="Where both name a winner"
              help="without ties"
              measure={whole.judge.withoutTies}
              domain={[0, 1]}
              zero={0.5}
            />
            <MeasureLine
              name="The longer answer wins, people"
              help="what of the judge’s preference is the answers’ quality"
              measure={state.audit.longerWins.people}
              domain={[0, 1]}
              zero={0.5}
            />
          </ul>
          <p className="note">
            Cohen’s kappa {whole.judge.kappa.value?.toFixed(2) ?? 'not known'}. {grouped(state.audit.human.votes)} votes
            {state.audit.human.elsewhere > 0 &&
              `, ${grouped(state.audit.human.elsewhere)} more on nothing that ${state.audit.judge.name} saw`}
            .
          </p>
        </>
      )}
    </Card>
  );
}
