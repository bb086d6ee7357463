import { Link, useParams } from 'react-router';
import type { Answer, Battle } from '../../../src/dashboard/schemas/battles';
import { apiPath, runPath, useApi } from '../api';
import { grouped, signed } from '../format';
import { plainName } from '../hostile';
import { Answered, Await, Badge, Card, Empty, Name } from '../parts/basic';
import { Sentence } from '../parts/pieces';
import { OUTCOME_TONES } from '../parts/status';
import { LongText, PromptCard } from '../parts/texts';
import { useUrlState } from '../parts/url';

/** One battle: what was asked, both answers, what the judge said in either order, and what was trained on it. */
export function BattlePage() {
  const { run = '' } = useParams();
  const id = useUrlState().get('id');
  const query = useApi<Battle>(runPath(run, '/battle'), { id }, { enabled: id !== '' });
  if (id === '') return <Empty title="No battle is named in this address" />;
  return (
    <Answered query={query} height={700}>
      {(battle) => <BattleView run={run} battle={battle} />}
    </Answered>
  );
}

function BattleView({ run, battle }: { run: string; battle: Battle }) {
  const base = runPath(run);
  const at = (id: string) => `${base}/battle?id=${encodeURIComponent(id)}`;
  const { prompt, a, b, outcome, margin, answers, games, judge } = battle;
  const winner = outcome === 'win' ? a : outcome === 'loss' ? b : null;
  return (
    <>
      <div className="page-head">
        <h1>
          <Name>{a}</Name> <span className="quiet">against</span> <Name>{b}</Name>
        </h1>
        {outcome !== null && (
          <Badge tone={winner === null ? OUTCOME_TONES[outcome] : 'good'}>
            {winner === null ? outcome : plainName(`${winner} wins`)}
          </Badge>
        )}
        <div className="spread" />
        <nav className="buttons" aria-label="Battles beside this one">
          {battle.previous !== null && (
            <Link className="button" to={at(battle.previous)} rel="prev">
              Previous
            </Link>
          )}
          {battle.following !== null && (
            <Link className="button" to={at(battle.following)} rel="next">
              Next
            </Link>
          )}
        </nav>
      </div>
      <p className="finding quiet">
        {margin !== null && `Margin ${signed(margin, 1)} for ${plainName(a)}. `}
        Judged by <Name>{judge}</Name>, {battle.purpose} of round {battle.round}
        {battle.stage === 'start' || battle.stage === 'round' ? '' : `, ${battle.stage}`} (
        <Link to={`${base}/battles?arena=${encodeURIComponent(battle.arena)}`}>all battles of this arena</Link>
        ).
      </p>
      {battle.problem !== null && (
        <p className="problem">
          <Sentence>{battle.problem}</Sentence>
        </p>
      )}
      <PromptCard prompt={prompt} />
      <Lengths answers={answers} />
      <div className="columns">
        {answers.map((answer) => (
          <Card
            key={answer.playerId}
            title={<Name>{answer.player}</Name>}
            className={winner === answer.player ? 'won' : ''}
            side={
              <span className="note">
                {grouped(answer.text.words)} words · {plainName(answer.finishReason)}
              </span>
            }
          >
            <LongText
              text={answer.text}
              label={`Answer of ${answer.player}`}
              whole={apiPath('/answer', { player: answer.playerId, prompt: prompt.id })}
            />
          </Card>
        ))}
      </div>
      <h2 className="between">What the judge said</h2>
      {games.length === 0 ? (
        <Card>
          <Empty title="No game of this battle is stored" />
        </Card>
      ) : (
        <div className="columns">
          {games.map((game) => (
            <Card
              key={`${game.first} ${game.second}`}
              title={
                <>
                  <Name>{game.first}</Name> <span className="quiet">first</span>
                </>
              }
              side={
                <Badge tone={game.verdict === 'invalid' ? 'warn' : game.verdict === 'tie' ? 'quiet' : 'good'}>
                  {game.verdict === 'win'
                    ? plainName(`${game.first} wins`)
                    : game.verdict === 'loss'
                      ? plainName(`${game.second} wins`)
                      : game.verdict}
                  {game.scoreFirst !== null && game.scoreSecond !== null && ` ${game.scoreFirst} : ${game.scoreSecond}`}
                </Badge>
              }
            >
              <LongText
                text={game.text}
                label={`Judge's text with ${game.first} first`}
                whole={apiPath('/judge-text', { battle: battle.id, first: game.first === a ? 'a' : 'b' })}
              />
            </Card>
          ))}
        </div>
      )}
      <Card title="Training rows that came of it">
        <Await of={battle.rows} height={60}>
          {(rows) =>
            rows.length === 0 ? (
              <p className="quiet">
                None:{' '}
                {battle.purpose === 'training'
                  ? 'it was not selected.'
                  : `battles of a ${battle.purpose} arena never become data.`}
              </p>
            ) : (
              <ul className="plain">
                {rows.map(({ dataset, kind, row, gap }) => (
                  <li key={`${dataset}#${row}`}>
                    <Link to={`${base}/row?dataset=${encodeURIComponent(dataset)}&row=${row}`}>
                      {plainName(dataset)}, row {row}
                    </Link>{' '}
                    <span className="note inline">
                      {kind}
                      {gap !== null && `, gap ${gap.toFixed(2)}`}
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Await>
      </Card>
    </>
  );
}

/** How much longer one answer is: judges often like length for itself. */
function Lengths({ answers }: { answers: Answer[] }) {
  const [one, two] = answers;
  if (!one || !two) return null;
  const most = Math.max(one.text.words, two.text.words, 1);
  const [longer, shorter] = one.text.words >= two.text.words ? [one, two] : [two, one];
  const more = shorter.text.words === 0 ? null : longer.text.words / shorter.text.words - 1;
  return (
    <div className="lengths">
      {[one, two].map(({ playerId, player, text }) => (
        <div key={playerId} className="length-row">
          <Name>{player}</Name>
          <span className="share-bar" aria-hidden="true">
            <i style={{ width: `${(100 * text.words) / most}%` }} />
          </span>
          <span className="note">
            {grouped(text.words)} words, {grouped(text.characters)} characters
          </span>
        </div>
      ))}
      <p className="note">
        {longer.text.words === shorter.text.words
          ? 'Both are as long.'
          : more === null
            ? `${plain(longer.player)} says something, ${plain(shorter.player)} nothing.`
            : `${plain(longer.player)} is ${Math.round(100 * more)}% longer.`}
      </p>
    </div>
  );
}

const plain = (name: string) => plainName(name.slice(0, 60));
