import { Link, useParams } from 'react-router';
import type { RowTrace } from '../../../src/dashboard/schemas/data';
import { apiPath, runPath, useApi } from '../api';
import { grouped, signed } from '../format';
import { Answered, Badge, Card, Empty, Name } from '../parts/basic';
import { LongText, PromptCard } from '../parts/texts';
import { useUrlState } from '../parts/url';

/** A training row, followed back to its battles, judge texts, prompt and source. */
export function RowPage() {
  const { run = '' } = useParams();
  const url = useUrlState();
  const [dataset, row] = [url.get('dataset'), url.get('row')];
  const query = useApi<RowTrace>('/dataset/row', { id: dataset, row }, { enabled: dataset !== '' && row !== '' });
  if (dataset === '' || row === '') return <Empty title="No row is named in this address" />;
  return (
    <Answered query={query} height={700}>
      {(trace) => <RowView run={run} trace={trace} />}
    </Answered>
  );
}

function RowView({ run, trace }: { run: string; trace: RowTrace }) {
  const base = runPath(run);
  const at = (row: number) => `${base}/row?dataset=${encodeURIComponent(trace.dataset)}&row=${row}`;
  const { prompt, chosen, rejected, gap, madeIn } = trace;
  return (
    <>
      <div className="page-head">
        <h1>
          {trace.dataset.split('/').slice(-2).join(' / ')} <span className="quiet">row {grouped(trace.row)}</span>
        </h1>
        <Badge tone="quiet">{trace.kind}</Badge>
        <div className="spread" />
        <nav className="buttons" aria-label="Rows beside this one">
          {trace.row > 1 && (
            <Link className="button" to={at(trace.row - 1)} rel="prev">
              Previous
            </Link>
          )}
          {trace.row < trace.total && (
            <Link className="button" to={at(trace.row + 1)} rel="next">
              Next
            </Link>
          )}
        </nav>
      </div>
      <p className="finding">
        {chosen !== null && (
          <>
            <Name>{chosen}</Name> chosen
            {rejected !== null && (
              <>
                {' '}
                over <Name>{rejected}</Name>
              </>
            )}
            {gap !== null && `, ${gap.toFixed(2)} judge points apart`}.{' '}
          </>
        )}
        <span className="quiet">
          Made by round {madeIn.round}, {madeIn.stage} of <Name>{madeIn.run}</Name>.{' '}
          <Link to={`${base}/data?dataset=${encodeURIComponent(trace.dataset)}`}>The dataset</Link>
        </span>
      </p>
      <PromptCard prompt={prompt} parts={prompt.parts} />
      <div className="columns">
        {trace.texts.map(({ role, text }) => (
          <Card
            key={role}
            className={role === 'chosen' ? 'won' : ''}
            title={role === 'chosen' ? 'Chosen' : 'Rejected'}
            side={
              <span className="note">
                <Name>{(role === 'chosen' ? chosen : rejected) ?? 'given'}</Name> · {grouped(text.words)} words
              </span>
            }
          >
            <LongText
              text={text}
              label={`${role} answer`}
              whole={apiPath('/dataset/row/text', { id: trace.dataset, row: trace.row, role })}
            />
          </Card>
        ))}
      </div>
      <h2 className="between">
        {trace.battles.length === 0
          ? 'No battle stands behind it'
          : trace.battles.length === 1
            ? 'The battle behind it'
            : `The ${trace.battles.length} battles behind it`}
      </h2>
      {trace.battles.map((battle) => (
        <Card
          key={battle.id}
          title={
            <Link to={`${base}/battle?id=${encodeURIComponent(battle.id)}`}>
              <Name>{battle.a}</Name> against <Name>{battle.b}</Name>
            </Link>
          }
          side={
            <span className="note">
              {battle.outcome ?? 'not played'}
              {battle.margin !== null && `, margin ${signed(battle.margin, 1)}`} · <Name>{battle.judge}</Name>
            </span>
          }
        >
          <div className="columns inner-columns">
            {battle.games.map((game) => (
              <div key={`${game.first} ${game.second}`}>
                <h3>
                  <Name>{game.first}</Name> first: {game.verdict}
                  {game.scoreFirst !== null && game.scoreSecond !== null && ` ${game.scoreFirst} : ${game.scoreSecond}`}
                </h3>
                <LongText
                  text={game.text}
                  label={`Judge's text with ${game.first} first`}
                  whole={apiPath('/judge-text', { battle: battle.id, first: game.first === battle.a ? 'a' : 'b' })}
                />
              </div>
            ))}
          </div>
        </Card>
      ))}
    </>
  );
}
